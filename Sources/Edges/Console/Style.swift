/// The one style sheet: light and dark, from 320 pixels up, figures of one width, no asset from elsewhere.
enum Style {
  static let text = """
    :root {
      color-scheme: light dark;
      --ground: #fcfcfb; --ink: #1b1d20; --soft: #5a5f67; --line: #dfe0e2; --raised: #f3f3f1; --link: #0a55a3;
      --good: #1b6a38; --warn: #825300; --bad: #a61b1b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #131416; --ink: #e6e6e3; --soft: #a1a6ae; --line: #2d3035; --raised: #1c1e21; --link: #8cbcf4;
        --good: #7fc998; --warn: #e2b55c; --bad: #f29b91;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 0 1.25rem 3rem; max-width: 76rem; background: var(--ground); color: var(--ink);
      font: 0.9375rem/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
    }
    header { padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
    .brand { color: var(--ink); font-weight: 600; text-decoration: none; }
    a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
    .skip { position: absolute; left: -100vw; }
    .skip:focus { left: 1rem; top: 0.5rem; padding: 0.25rem 0.5rem; background: var(--ground); }
    h1 { margin: 1.5rem 0 0.25rem; font-size: 1.25rem; line-height: 1.3; text-wrap: balance; }
    h1.level { font-size: 1.5rem; }
    h2 { margin: 2rem 0 0.5rem; font-size: 1.0625rem; }
    h3 { margin: 1.25rem 0 0.375rem; font-size: 0.9375rem; }
    p { margin: 0.375rem 0; max-width: 72ch; text-wrap: pretty; }
    table + p { margin-top: 0.75rem; }
    small { display: inline-block; font-size: 0.8125rem; color: var(--soft); }
    small.block { display: block; }
    time { white-space: nowrap; }
    .lead { font-size: 1.0625rem; }
    .quiet { color: var(--soft); }
    .good { color: var(--good); }
    .warn { color: var(--warn); }
    .bad { color: var(--bad); }
    code, pre, .code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.8125rem; }
    td, dd, dt, p, li, code, small, h1, h2, h3 { unicode-bidi: isolate; }
    pre {
      margin: 0.5rem 0; padding: 0.625rem 0.75rem; background: var(--raised); border: 1px solid var(--line);
      border-radius: 4px; white-space: pre-wrap;
    }
    table { width: 100%; border-collapse: collapse; }
    th, td { padding: 0.3125rem 1rem 0.3125rem 0; text-align: left; vertical-align: top; }
    th { color: var(--soft); font-size: 0.8125rem; font-weight: 500; white-space: nowrap; }
    tr { border-bottom: 1px solid var(--line); }
    th:last-child, td:last-child { padding-right: 0; }
    ul { margin: 0.375rem 0; padding-left: 1.25rem; }
    td ul { margin: 0; padding: 0; list-style: none; }
    .fixed, td.number { white-space: nowrap; }
    td.code { white-space: nowrap; padding-top: 0.40625rem; }
    th.number, td.number { text-align: right; }
    dl { margin: 0.5rem 0; }
    dl div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: 0.1875rem 0; }
    dt { color: var(--soft); }
    dd { margin: 0; }
    .gates { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.375rem 0; padding: 0; list-style: none; }
    @media (max-width: 44rem) {
      body { padding: 0 0.875rem 2rem; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      table, tbody { display: block; }
      tr { display: block; padding: 0.5rem 0; }
      td, td.number { display: grid; grid-template-columns: 5rem 1fr; gap: 0.5rem; padding: 0.0625rem 0; }
      td { align-items: baseline; }
      td.number { text-align: left; }
      td.fixed, td.number, td.code { padding-top: 0.0625rem; white-space: normal; }
      td::before {
        content: attr(data-label); color: var(--soft); font: 0.8125rem/1.7 system-ui, sans-serif;
      }
      dl div { grid-template-columns: 1fr; gap: 0; padding: 0.25rem 0; }
    }
    """
}
