extension Templates {
  static let decision = #"""
    {{>head}}
    <h1>{{{headline}}}</h1>
    <p class="quiet">What became of <code>{{{id}}}</code></p>
    {{#causes}}
    <section>
    <h2><span class="{{{decision_tone}}}">{{{decision}}}</span> <span class="code">{{{code}}}</span></h2>
    {{#summary}}<p>{{{summary}}}</p>{{/summary}}
    {{#meaning}}<p class="quiet">{{{code}}}: {{{meaning}}}.</p>{{/meaning}}
    {{#remedy}}<p><strong>Would let it through:</strong> {{{remedy}}}</p>{{/remedy}}
    <h3>Gates</h3>
    <ol class="gates">
    {{#gates}}<li class="{{{gate_tone}}}">{{{gate}}} <small>{{{state}}}</small></li>{{/gates}}
    </ol>
    <h3>Cause <code>{{{cause}}}</code></h3>
    {{>details}}
    {{#evidence}}
    <h3>What decided</h3>
    <pre><code>{{{evidence}}}</code></pre>
    {{/evidence}}
    </section>
    {{/causes}}
    {{#has_missed}}
    <section>
    <h2>Rules that did not want it</h2>
    <table role="table">
    <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">Rule</th>
    <th role="columnheader" scope="col">What did not fit</th>
    </tr></thead>
    <tbody role="rowgroup">
    {{#missed}}
    <tr role="row">
    <td role="cell" data-label="Rule">{{{rule}}}</td>
    <td role="cell" data-label="Misfit"><ul>
    {{#leaves}}<li><code>{{{path}}}</code> {{{had}}}, wanted <code>{{{wanted}}}</code></li>{{/leaves}}
    </ul></td>
    </tr>
    {{/missed}}
    </tbody>
    </table>
    </section>
    {{/has_missed}}
    {{#event}}
    <section>
    <h2>The event as it came</h2>
    <pre><code>{{{event}}}</code></pre>
    </section>
    {{/event}}
    {{>foot}}

    """#

  static let run = #"""
    {{>head}}
    <h1 class="level {{{status_tone}}}">Run {{{status}}}</h1>
    <p class="lead">{{{sentence}}}</p>
    <p class="quiet"><code>{{{run}}}</code></p>
    {{>details}}
    {{#has_warnings}}
    <section>
    <h2>Warnings</h2>
    <ul>
    {{#warnings}}<li>{{{warning}}}</li>{{/warnings}}
    </ul>
    </section>
    {{/has_warnings}}
    <section>
    <h2>Symbols</h2>
    {{#has_symbols}}
    <table role="table">
    <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">Symbol</th>
    <th role="columnheader" scope="col" class="number">Chunk</th>
    <th role="columnheader" scope="col">Outcome</th>
    <th role="columnheader" scope="col">Object or reason</th>
    </tr></thead>
    <tbody role="rowgroup">
    {{#symbols}}
    <tr role="row">
    <td role="cell" data-label="Symbol" class="code">{{{symbol}}}</td>
    <td role="cell" data-label="Chunk" class="number">{{{chunk}}}</td>
    <td role="cell" data-label="Outcome" class="fixed {{{outcome_tone}}}">{{{outcome}}}</td>
    <td role="cell" data-label="Detail"><span>
    {{#key}}<code>{{{key}}}</code>{{/key}} <small>{{{text}}}</small>
    </span></td>
    </tr>
    {{/symbols}}
    </tbody>
    </table>
    {{#left_out}}<p class="quiet">{{{left_out}}}</p>{{/left_out}}
    {{/has_symbols}}
    {{^has_symbols}}<p>The run has no chunk yet.</p>{{/has_symbols}}
    </section>
    {{>foot}}

    """#
}
