/// The pages as Mustache; every value in triple braces, for `EscapedText` has escaped it already.
enum Templates {
  /// Each with the name by which pages and partials call it.
  static let all: [(name: String, text: String)] = [
    ("page", page), ("section", section), ("table", table), ("form", form), ("node", node), ("pictured", pictured),
  ]

  static let page = #"""
    <!doctype html>
    <html lang="{{{lang}}}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{{title}}} · {{{environment}}} · Bellcrank</title>
    <link rel="stylesheet" href="/console/style.css">
    <script src="/console/app.js" defer></script>
    </head>
    <body>
    <a class="skip" href="#main">{{{skip}}}</a>
    <header>
    <a class="brand" href="/console">Bellcrank <span class="env">{{{environment}}}</span></a>
    <nav aria-label="{{{nav_label}}}"><ul>
    {{#nav}}<li><a href="{{{href}}}"{{#current}} aria-current="page"{{/current}}>{{{label}}}</a></li>
    {{/nav}}</ul></nav>
    <ul class="tools" aria-label="{{{tools_label}}}">
    {{#languages}}<li>{{#current}}<span aria-current="true" lang="{{{tag}}}">{{{label}}}</span>{{/current}}{{^current}}<a href="{{{href}}}" lang="{{{tag}}}" hreflang="{{{tag}}}">{{{label}}}</a>{{/current}}</li>
    {{/languages}}<li><a href="/console/unlock">{{{lock}}}</a></li>
    </ul>
    </header>
    <main id="main" tabindex="-1" data-live="{{{live}}}">
    {{#said}}<p class="said" role="status">{{{said}}}</p>{{/said}}
    <h1{{#tone}} class="{{{tone}}}"{{/tone}}>{{{title}}}</h1>
    {{#lead}}<p class="lead">{{{lead}}}</p>{{/lead}}
    {{#sections}}{{>section}}{{/sections}}
    <footer>
    {{#command}}<div class="cli"><h2>{{{cli_label}}}</h2><pre tabindex="0"><code>{{{command}}}</code></pre></div>{{/command}}
    <p class="quiet"><a href="{{{permalink}}}">{{{permalink_label}}}</a> · {{{as_of}}} <time datetime="{{{iso}}}">{{{utc}}}</time></p>
    </footer>
    </main>
    </body>
    </html>

    """#

  static let section = #"""
    <section{{#heading}} aria-labelledby="{{{id}}}"{{/heading}}>
    {{#heading}}<h2 id="{{{id}}}">{{{heading}}}</h2>{{/heading}}
    {{#note}}<p class="quiet">{{{note}}}</p>{{/note}}
    {{#table}}{{>table}}{{/table}}
    {{#details}}<dl>
    {{#lines}}<div><dt>{{{label}}}</dt><dd>{{#href}}<a href="{{{href}}}">{{{value}}}</a>{{/href}}{{^href}}{{#iso}}<time datetime="{{{iso}}}">{{{value}}}</time>{{/iso}}{{^iso}}{{{value}}}{{/iso}}{{/href}}{{#note}} <small>{{{note}}}</small>{{/note}}</dd></div>
    {{/lines}}</dl>{{/details}}
    {{#text}}<p{{#tone}} class="{{{tone}}}"{{/tone}}>{{{words}}}</p>{{/text}}
    {{#code}}<pre tabindex="0"><code>{{{words}}}</code></pre>{{/code}}
    {{#gates}}<ol class="gates">
    {{#lines}}<li class="{{{tone}}}"><span class="gate">{{{gate}}}</span> <span class="state">{{{state}}}</span>{{#detail}} <small>{{{detail}}}</small>{{/detail}}</li>
    {{/lines}}</ol>{{/gates}}
    {{#pictured}}{{>pictured}}{{/pictured}}
    {{#form}}{{>form}}{{/form}}
    {{#tree}}<ul class="tree">{{>node}}</ul>{{/tree}}
    {{#links}}<ul class="links">
    {{#lines}}<li><a href="{{{href}}}"{{#current}} aria-current="true"{{/current}}>{{{label}}}</a></li>
    {{/lines}}</ul>{{/links}}
    </section>

    """#

  static let pictured = #"""
    <div class="picture" tabindex="0" role="region" aria-label="{{{picture_name}}}">{{{picture}}}</div>
    {{#has_legend}}<ul class="legend">
    {{#legend}}<li><span class="swatch {{{tone}}}"></span>{{{label}}}</li>
    {{/legend}}</ul>{{/has_legend}}
    """#

  static let table = #"""
    {{#has_rows}}<table role="table">
    <thead role="rowgroup"><tr role="row">
    {{#columns}}<th role="columnheader" scope="col" class="{{{kind}}}">{{{label}}}</th>
    {{/columns}}</tr></thead>
    <tbody role="rowgroup">
    {{#rows}}<tr role="row">
    {{#cells}}<td role="cell" data-label="{{{label}}}" class="{{{kind}}} {{{tone}}}"><span>{{#href}}<a href="{{{href}}}">{{{text}}}</a>{{/href}}{{^href}}{{#iso}}<time datetime="{{{iso}}}">{{{text}}}</time>{{/iso}}{{^iso}}{{{text}}}{{/iso}}{{/href}}{{#note}} <small>{{#note_href}}<a href="{{{note_href}}}">{{{note}}}</a>{{/note_href}}{{^note_href}}{{{note}}}{{/note_href}}</small>{{/note}}{{#button}}{{>form}}{{/button}}</span></td>
    {{/cells}}</tr>
    {{/rows}}</tbody>
    </table>{{/has_rows}}
    {{#empty}}<p>{{{empty}}}</p>{{/empty}}
    {{#empty_command}}<pre tabindex="0"><code>{{{empty_command}}}</code></pre>{{/empty_command}}
    {{#next}}<p><a href="{{{next}}}" rel="next">{{{next_label}}}</a></p>{{/next}}
    """#

  static let form = #"""
    <form method="{{{method}}}" action="{{{action}}}" class="{{{form_class}}}">
    {{#is_act}}<input type="hidden" name="csrf" value="{{{csrf}}}"><input type="hidden" name="back" value="{{{back}}}">{{/is_act}}
    {{#inputs}}
    {{#is_hidden}}<input type="hidden" name="{{{name}}}" value="{{{value}}}">{{/is_hidden}}
    {{#is_text}}<p class="field"><label for="{{{field_id}}}">{{{label}}}</label><input id="{{{field_id}}}" name="{{{name}}}" type="text" value="{{{value}}}"{{#fallback}} data-default="{{{fallback}}}"{{/fallback}}{{#required}} required{{/required}} autocomplete="off" spellcheck="false">{{#hint}} <small>{{{hint}}}</small>{{/hint}}</p>{{/is_text}}
    {{#is_area}}<p class="field"><label for="{{{field_id}}}">{{{label}}}</label><textarea id="{{{field_id}}}" name="{{{name}}}" rows="6" spellcheck="false">{{{value}}}</textarea>{{#hint}} <small>{{{hint}}}</small>{{/hint}}</p>{{/is_area}}
    {{#is_check}}<p class="field check"><input id="{{{field_id}}}" name="{{{name}}}" type="checkbox" value="true"{{#checked}} checked{{/checked}}><label for="{{{field_id}}}">{{{label}}}</label>{{#hint}} <small>{{{hint}}}</small>{{/hint}}</p>{{/is_check}}
    {{#is_choice}}<p class="field"><label for="{{{field_id}}}">{{{label}}}</label><select id="{{{field_id}}}" name="{{{name}}}"{{#fallback}} data-default="{{{fallback}}}"{{/fallback}}>{{#options}}<option value="{{{option}}}"{{#selected}} selected{{/selected}}>{{{option_label}}}</option>{{/options}}</select>{{#hint}} <small>{{{hint}}}</small>{{/hint}}</p>{{/is_choice}}
    {{/inputs}}
    {{#has_diff}}<p class="diff quiet" role="status">{{{same}}}</p>{{/has_diff}}
    {{#is_open}}<p class="send"><button type="submit">{{{submit}}}</button></p>{{/is_open}}
    {{#is_locked}}<p class="send"><a href="/console/unlock">{{{unlock}}}</a></p>{{/is_locked}}
    </form>
    """#

  static let node = #"""
    <li><span class="kind">{{{kind}}}</span> {{#href}}<a href="{{{href}}}">{{{label}}}</a>{{/href}}{{^href}}{{{label}}}{{/href}}{{#state}} <span class="{{{tone}}}">{{{state}}}</span>{{/state}}{{#at}} <small>{{{at}}}</small>{{/at}}{{#note}} <small>{{{note}}}</small>{{/note}}{{#has_children}}<ul>{{#children}}{{>node}}{{/children}}</ul>{{/has_children}}</li>
    """#
}
