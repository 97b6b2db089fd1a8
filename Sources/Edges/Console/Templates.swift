/// The pages as Mustache; every value in triple braces, for `EscapedText` has escaped it already.
enum Templates {
  /// Each with the name by which pages and partials call it.
  static let all: [(name: String, text: String)] = [
    ("head", head), ("foot", foot), ("time", time), ("details", details), ("overview", overview),
    ("decision", decision), ("run", run), ("notice", notice),
  ]

  private static let head = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{{title}}} · Bellcrank</title>
    <link rel="stylesheet" href="/console/style.css">
    </head>
    <body>
    <a class="skip" href="#main">Skip to content</a>
    <header><a class="brand" href="/console">Bellcrank</a></header>
    <main id="main">

    """#

  private static let foot = #"""
    </main>
    </body>
    </html>

    """#

  /// A moment on both clocks.
  private static let time = #"""
    <time datetime="{{{iso}}}">{{{utc}}}</time> {{#relative}}<small>{{{relative}}}</small>{{/relative}}
    """#

  private static let details = #"""
    <dl>
    {{#details}}
    <div><dt>{{{label}}}</dt>
    <dd>{{#href}}<a href="{{{href}}}">{{{value}}}</a>{{/href}}{{^href}}{{{value}}}{{/href}}
    {{#note}}<small>{{{note}}}</small>{{/note}}</dd></div>
    {{/details}}
    </dl>

    """#

  private static let notice = #"""
    {{>head}}
    <h1>{{{title}}}</h1>
    {{#reason}}<p><code>{{{reason}}}</code></p>{{/reason}}
    <p>{{{advice}}}</p>
    {{#command}}<pre><code>{{{command}}}</code></pre>{{/command}}
    <p><a href="/console">Go to the overview</a></p>
    {{>foot}}
    """#
}
