// The program's entry under the name that SwiftPM gives it; libFuzzer would bring a `main`.
#pragma once

int Fuzz_main(int argc, char **argv);
