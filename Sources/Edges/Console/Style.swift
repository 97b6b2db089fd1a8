/// The one style sheet: light and dark, from 320 pixels up, figures of one width, no asset from elsewhere.
enum Style {
  static let text = """
    :root {
      color-scheme: light dark;
      --ground: #fcfcfb; --ink: #1b1d20; --soft: #565b63; --line: #dfe0e2; --raised: #f3f3f1; --link: #0a55a3;
      --good: #1b6a38; --warn: #825300; --bad: #a61b1b; --quiet: #6b7078; --future: #6a4bb0;
      --series1: #0a55a3; --series2: #a61b1b; --series3: #1b6a38; --series4: #825300;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #131416; --ink: #e6e6e3; --soft: #a6abb3; --line: #2d3035; --raised: #1c1e21; --link: #8cbcf4;
        --good: #7fc998; --warn: #e2b55c; --bad: #f29b91; --quiet: #9298a1; --future: #b9a3ec;
        --series1: #8cbcf4; --series2: #f29b91; --series3: #7fc998; --series4: #e2b55c;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 0 1.25rem 3rem; max-width: 78rem; background: var(--ground); color: var(--ink);
      font: 0.9375rem/1.45 system-ui, "Noto Sans KR", sans-serif; font-variant-numeric: tabular-nums;
      overflow-wrap: anywhere;
    }
    header {
      display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1.5rem; padding: 0.75rem 0;
      border-bottom: 1px solid var(--line);
    }
    header ul { display: flex; flex-wrap: wrap; gap: 0.125rem 1rem; margin: 0; padding: 0; list-style: none; }
    nav { flex: 1 1 auto; }
    header a, header span { display: inline-block; padding: 0.25rem 0; }
    nav a, .tools a { text-decoration: none; }
    nav a:hover, .tools a:hover { text-decoration: underline; }
    nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: 0 2px 0 var(--ink); }
    .tools { color: var(--soft); font-size: 0.875rem; }
    .brand { color: var(--ink); font-weight: 600; text-decoration: none; }
    .env { color: var(--soft); font-weight: 400; padding: 0; }
    a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
    main:focus { outline: none; }
    .skip { position: absolute; left: -100vw; }
    .skip:focus { left: 1rem; top: 0.5rem; padding: 0.25rem 0.5rem; background: var(--ground); }
    h1 { margin: 1.5rem 0 0.25rem; font-size: 1.375rem; line-height: 1.3; text-wrap: balance; }
    h2 { margin: 1.75rem 0 0.375rem; font-size: 1.0625rem; }
    p { margin: 0.375rem 0; max-width: 76ch; text-wrap: pretty; }
    table + p { margin-top: 0.75rem; }
    small { font-size: 0.8125rem; color: var(--soft); }
    small a { color: inherit; }
    time { white-space: nowrap; }
    .lead { font-size: 1.0625rem; }
    .said { padding: 0.5rem 0.75rem; border-left: 3px solid var(--link); background: var(--raised); }
    p.quiet { color: var(--soft); }
    .good { color: var(--good); }
    .warn { color: var(--warn); }
    .bad { color: var(--bad); }
    code, pre, .code, textarea { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.8125rem; }
    td, dd, dt, p, li, code, small, h1, h2 { unicode-bidi: isolate; }
    pre {
      margin: 0.5rem 0; padding: 0.625rem 0.75rem; background: var(--raised); border: 1px solid var(--line);
      border-radius: 4px; white-space: pre-wrap;
    }
    table { width: 100%; border-collapse: collapse; }
    th, td { padding: 0.3125rem 1rem 0.3125rem 0; text-align: left; vertical-align: top; }
    th { color: var(--soft); font-size: 0.8125rem; font-weight: 500; white-space: nowrap; }
    th.code { font-family: inherit; }
    tr { border-bottom: 1px solid var(--line); }
    th:last-child, td:last-child { padding-right: 0; }
    td > span > small { display: block; }
    td.number, td.word, td.token { white-space: nowrap; }
    td.word small, td.token small { white-space: normal; font-family: system-ui, "Noto Sans KR", sans-serif; }
    td.word:last-child form { white-space: nowrap; }
    td.token { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.8125rem; }
    th.number, td.number { text-align: right; }
    dl { margin: 0.5rem 0; }
    dl div { display: grid; grid-template-columns: 10rem 1fr; gap: 1rem; padding: 0.1875rem 0; }
    dt { color: var(--soft); }
    dd { margin: 0; }
    .gates { margin: 0.375rem 0; padding: 0; list-style: none; }
    .gates li {
      display: grid; grid-template-columns: 7rem 7rem 1fr; gap: 0.125rem 1rem; padding: 0.1875rem 0 0.1875rem 0.625rem;
      border-left: 3px solid currentcolor;
    }
    .gates li.quiet { color: var(--quiet); }
    .gates .gate { color: var(--ink); }
    .picture { overflow-x: auto; }
    svg { display: block; width: 100%; min-width: 42rem; height: auto; }
    svg text { fill: var(--soft); font: 12px system-ui, "Noto Sans KR", sans-serif; }
    svg .grid { stroke: var(--line); }
    svg .lane { stroke: var(--soft); stroke-width: 1; }
    svg .now { stroke: var(--link); stroke-width: 1.5; stroke-dasharray: 3 3; }
    svg .mark { stroke: var(--ground); stroke-width: 1; }
    svg .good { fill: var(--good); }
    svg .warn { fill: var(--warn); }
    svg .bad { fill: var(--bad); }
    svg .quiet { fill: var(--quiet); }
    svg .future { fill: var(--ground); stroke: var(--future); stroke-width: 1.5; }
    svg .line { fill: none; stroke-width: 1.75; }
    svg .series1 { stroke: var(--series1); }
    svg .series2 { stroke: var(--series2); }
    svg .series3 { stroke: var(--series3); }
    svg .series4 { stroke: var(--series4); }
    svg .dot { stroke-width: 4; }
    svg a:focus-visible { outline-offset: 0; }
    .legend, .links { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.5rem 0; padding: 0; list-style: none; }
    .links a { display: inline-block; padding: 0.125rem 0; }
    .links a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
    .legend { color: var(--soft); font-size: 0.8125rem; }
    .swatch {
      display: inline-block; width: 0.625rem; height: 0.625rem; margin-right: 0.375rem; border-radius: 2px;
      background: var(--quiet);
    }
    .swatch.good { background: var(--good); }
    .swatch.warn { background: var(--warn); }
    .swatch.bad { background: var(--bad); }
    .swatch.future { background: var(--ground); border: 2px solid var(--future); }
    .swatch.series1 { background: var(--series1); }
    .swatch.series2 { background: var(--series2); }
    .swatch.series3 { background: var(--series3); }
    .swatch.series4 { background: var(--series4); }
    form { display: flex; flex-wrap: wrap; align-items: start; gap: 0.5rem 1rem; margin: 0.375rem 0; }
    td form { margin: 0; }
    .field { margin: 0; flex: 0 1 15rem; min-width: 0; }
    .field.check { flex: 0 1 auto; padding-top: 1.4375rem; }
    .field:has(textarea) { flex: 1 1 100%; max-width: none; }
    label { display: block; color: var(--soft); font-size: 0.8125rem; }
    .check label { display: inline; color: var(--ink); font-size: inherit; margin-left: 0.375rem; }
    input[type=text], select, textarea {
      width: 100%; min-height: 2rem; padding: 0.25rem 0.5rem; border: 1px solid var(--soft); border-radius: 4px;
      background: var(--ground); color: var(--ink); font: inherit;
    }
    textarea { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.8125rem; }
    .diff { flex: 1 1 100%; margin: 0; }
    .send { margin: 0; padding-top: 1.1875rem; }
    td .send { padding-top: 0; }
    button {
      min-height: 2rem; padding: 0.25rem 0.875rem; border: 1px solid var(--link); border-radius: 4px;
      background: var(--ground); color: var(--link); font: inherit; cursor: pointer;
    }
    button:hover { background: var(--raised); }
    .danger button { border-color: var(--bad); color: var(--bad); }
    .copy { min-height: 1.75rem; }
    .tree, .tree ul { margin: 0.25rem 0; padding-left: 1.25rem; list-style: none; }
    .tree { padding-left: 0; }
    .tree ul { border-left: 1px solid var(--line); }
    .tree li { padding: 0.125rem 0; }
    .kind { color: var(--soft); font-size: 0.8125rem; }
    footer { margin-top: 2.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
    footer h2 { margin-top: 0.5rem; font-size: 0.8125rem; font-weight: 500; color: var(--soft); }
    @media (max-width: 46rem) {
      body { padding: 0 0.875rem 2rem; }
      header { gap: 0.25rem 1rem; }
      nav { order: 3; flex-basis: 100%; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      table, tbody { display: block; }
      tr { display: block; padding: 0.5rem 0; }
      td, td.number { display: grid; grid-template-columns: 5.5rem 1fr; gap: 0.5rem; padding: 0.0625rem 0; }
      td { align-items: baseline; }
      td.number { text-align: left; }
      td.number, td.word, td.token { white-space: normal; }
      td::before {
        content: attr(data-label); color: var(--soft); font: 0.8125rem/1.7 system-ui, "Noto Sans KR", sans-serif;
      }
      td[data-label=""] { display: block; }
      dl div { grid-template-columns: 1fr; gap: 0; padding: 0.25rem 0; }
      .gates li { grid-template-columns: 1fr 1fr; }
      .gates small { grid-column: 1 / -1; }
      .field { flex-basis: 100%; }
      .field.check, .send { padding-top: 0; }
    }
    @media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
    """
}
