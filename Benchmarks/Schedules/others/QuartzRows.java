import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import org.quartz.CronExpression;

/** The rows of Sources/Measure by Quartz: [fires] ENGINE FILE ROUNDS. Its language is AWS's with seconds before it. */
final class QuartzRows {
  private static final Date START = Date.from(Instant.parse("2026-01-01T00:00:00Z"));
  private static final Date END = Date.from(Instant.parse("2100-01-01T00:00:00Z"));
  private static final int FIRES = 10_000;
  private static final int READINGS = 2_000;
  private static final int COMPARED = 400;
  private static long sum = 0;

  interface Work {
    void run() throws ParseException;
  }

  public static void main(String[] words) throws IOException, ParseException {
    boolean isComparing = words[0].equals("fires");
    List<String> arguments = Arrays.asList(words).subList(isComparing ? 1 : 0, words.length);
    String engine = arguments.get(0);
    int rounds = Integer.parseInt(arguments.get(2));
    for (String line : Files.readAllLines(Path.of(arguments.get(1)))) {
      for (String zone : new String[] {"UTC", "America/New_York"}) {
        CronExpression cron = new CronExpression("0 " + line);
        cron.setTimeZone(TimeZone.getTimeZone(zone));
        if (isComparing) {
          compare(line, zone, cron);
        } else {
          row(engine, "next", line, zone, rounds, FIRES, () -> follow(cron));
        }
      }
      if (!isComparing) {
        row(engine, "parse", line, "UTC", rounds, READINGS, () -> read(line));
      }
    }
    if (sum == 42) System.err.println("the work was done");
  }

  private static void follow(CronExpression cron) {
    Date moment = START;
    for (int number = 0; number < FIRES; number++) {
      Date next = cron.getNextValidTimeAfter(moment);
      moment = next != null && next.before(END) ? next : START;
      sum += moment.getTime();
    }
  }

  private static void read(String line) throws ParseException {
    for (int number = 0; number < READINGS; number++) sum += new CronExpression("0 " + line).hashCode() & 1;
  }

  private static void compare(String line, String zone, CronExpression cron) {
    StringBuilder fires = new StringBuilder();
    Date moment = START;
    for (int number = 0; number < COMPARED; number++) {
      moment = cron.getNextValidTimeAfter(moment);
      if (moment == null || !moment.before(END)) break;
      fires.append(number == 0 ? "" : ",").append(moment.getTime() / 1_000);
    }
    System.out.printf("{\"expr\":\"cron(%s)\",\"zone\":\"%s\",\"fires\":[%s]}%n", line, zone, fires);
  }

  private static void row(String engine, String act, String line, String zone, int rounds, int pieces, Work work)
      throws ParseException {
    for (int number = 0; number < 3; number++) work.run(); // The compiler warms up.
    double[] times = new double[rounds];
    for (int number = 0; number < rounds; number++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      work.run();
      times[number] = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / (double) pieces;
    }
    Arrays.sort(times);
    System.out.printf(
        Locale.ROOT,
        "{\"engine\":\"%s\",\"act\":\"%s\",\"expr\":\"cron(%s)\",\"zone\":\"%s\",\"ns\":%.1f,\"least\":%.1f,\"most\":%.1f}%n",
        engine, act, line, zone, times[rounds / 2], times[0], times[rounds - 1]);
  }
}
