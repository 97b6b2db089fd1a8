extension Templates {
  static let overview = #"""
    {{>head}}
    <h1 class="level {{{tone}}}">{{{heading}}}</h1>
    <p class="lead">{{{sentence}}}</p>
    <p class="quiet">
    {{{environment}}} · account {{{account}}} · {{{region}}}
    {{#now}}· as of <time datetime="{{{iso}}}">{{{utc}}}</time>{{/now}}
    · <a href="/console">reload</a>
    </p>

    """# + fires + decisions + runs + queues + "{{>foot}}\n"

  private static let fires = #"""
    <section aria-labelledby="fires">
    <h2 id="fires">Next fires</h2>
    {{#has_fires}}
    <table role="table">
    <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">When</th>
    <th role="columnheader" scope="col">UTC</th>
    <th role="columnheader" scope="col">{{{zone}}}</th>
    <th role="columnheader" scope="col">Rule</th>
    </tr></thead>
    <tbody role="rowgroup">
    {{#fires}}
    <tr role="row">
    {{#at}}<td role="cell" data-label="When" class="fixed">{{{relative}}}</td>
    <td role="cell" data-label="UTC" class="fixed"><time datetime="{{{iso}}}">{{{utc}}}</time></td>
    <td role="cell" data-label="{{{zone}}}" class="fixed"><time datetime="{{{iso}}}">{{{local}}}</time></td>
    {{/at}}<td role="cell" data-label="Rule"><span>{{{rule}}} <small>{{{words}}}</small></span></td>
    </tr>
    {{/fires}}
    </tbody>
    </table>
    {{/has_fires}}
    {{#no_schedule}}
    <p>No rule has a schedule. Make the environment's own:</p>
    <pre><code>{{{no_schedule}}}</code></pre>
    {{/no_schedule}}
    {{#never}}<p>No enabled schedule has an instant left to fire at.</p>{{/never}}
    {{#disabled}}
    <p>{{{rule}}} is disabled. Enable it:</p>
    <pre><code>{{{enable}}}</code></pre>
    {{/disabled}}
    {{#listening}}<p class="quiet">{{{listening}}}</p>{{/listening}}
    </section>

    """#

  private static let decisions = #"""
    <section aria-labelledby="decisions">
    <h2 id="decisions">Last decisions</h2>
    {{#has_decisions}}
    <table role="table">
    <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">Decided</th>
    <th role="columnheader" scope="col">Decision</th>
    <th role="columnheader" scope="col">Code</th>
    <th role="columnheader" scope="col">Summary and cause</th>
    </tr></thead>
    <tbody role="rowgroup">
    {{#decisions}}
    <tr role="row">
    <td role="cell" data-label="Decided" class="fixed"><span>{{#at}}{{>time}}{{/at}}</span></td>
    <td role="cell" data-label="Decision" class="fixed {{{decision_tone}}}">{{{decision}}}</td>
    <td role="cell" data-label="Code" class="code">{{{code}}}</td>
    <td role="cell" data-label="Summary"><span>{{{summary}}}
    <small class="block"><a href="{{{href}}}">{{{cause}}}</a></small></span></td>
    </tr>
    {{/decisions}}
    </tbody>
    </table>
    {{/has_decisions}}
    {{^has_decisions}}
    <p>Nothing was decided yet. Put an event on the bus, and its decision appears here:</p>
    <pre><code>{{{put_event}}}</code></pre>
    {{/has_decisions}}
    </section>

    """#

  private static let runs = #"""
    <section aria-labelledby="runs">
    <h2 id="runs">Last runs</h2>
    {{#has_runs}}
    <table role="table">
    <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">Started</th>
    <th role="columnheader" scope="col">Status</th>
    <th role="columnheader" scope="col">Table</th>
    <th role="columnheader" scope="col">ds</th>
    <th role="columnheader" scope="col" class="number">Stored</th>
    <th role="columnheader" scope="col" class="number">Failed</th>
    <th role="columnheader" scope="col" class="number">Took</th>
    <th role="columnheader" scope="col">Run</th>
    </tr></thead>
    <tbody role="rowgroup">
    {{#runs}}
    <tr role="row">
    <td role="cell" data-label="Started" class="fixed"><span>{{#at}}{{>time}}{{/at}}</span></td>
    <td role="cell" data-label="Status" class="fixed {{{status_tone}}}">{{{status}}}</td>
    <td role="cell" data-label="Table">{{{table}}}</td>
    <td role="cell" data-label="ds" class="fixed">{{{ds}}}</td>
    <td role="cell" data-label="Stored" class="number">{{{stored}}}</td>
    <td role="cell" data-label="Failed" class="number">{{{failed}}}</td>
    <td role="cell" data-label="Took" class="number">{{{took}}}</td>
    <td role="cell" data-label="Run"><a href="{{{href}}}">{{{run}}}</a></td>
    </tr>
    {{/runs}}
    </tbody>
    </table>
    {{/has_runs}}
    {{^has_runs}}
    {{#has_decisions}}
    <p>No run yet: no cause was accepted. Open a decision above to see why, or ask for a run:</p>
    <pre><code>{{{put_event}}}</code></pre>
    {{/has_decisions}}
    {{^has_decisions}}
    <p>No run yet: the first cause that is accepted makes one, such as the event above.</p>
    {{/has_decisions}}
    {{/has_runs}}
    </section>

    """#

  private static let queues = #"""
    <section aria-labelledby="queues">
    <h2 id="queues">Queues</h2>
    {{#has_queues}}
    <table role="table">
    <thead role="rowgroup"><tr role="row">
    <th role="columnheader" scope="col">Queue</th>
    <th role="columnheader" scope="col" class="number">Visible</th>
    <th role="columnheader" scope="col" class="number">In flight</th>
    <th role="columnheader" scope="col" class="number">Delayed</th>
    </tr></thead>
    <tbody role="rowgroup">
    {{#queues}}
    <tr role="row">
    <td role="cell" data-label="Queue"><span>{{{queue}}}{{#note}} <small>{{{note}}}</small>{{/note}}</span></td>
    <td role="cell" data-label="Visible" class="number {{{queue_tone}}}">{{{visible}}}</td>
    <td role="cell" data-label="In flight" class="number">{{{in_flight}}}</td>
    <td role="cell" data-label="Delayed" class="number">{{{delayed}}}</td>
    </tr>
    {{/queues}}
    </tbody>
    </table>
    {{/has_queues}}
    {{^has_queues}}
    <p>There is no queue. Create the work queue:</p>
    <pre><code>{{{create_queue}}}</code></pre>
    {{/has_queues}}
    </section>

    """#
}
