import Events

/// One page as it is made: what it says first, and its sections.
struct Page: Sendable {
  /// For the window and the first heading.
  var title: String
  var tone: Tone?
  /// One sentence under the heading.
  var lead = ""
  var sections: [Section]
  /// What asks the same on a command line.
  var command = ""
  /// Which entry of the navigation is this page's.
  var place: ConsoleRequest.Route = .now
}

/// A part of a page under a heading of its own.
struct Section: Sendable {
  var heading = ""
  /// Quiet words under the heading.
  var note = ""
  var content: Content

  enum Content: Sendable {
    case table(Grid)
    case details([Detail])
    case text(String, Tone?)
    case code(String)
    case gates([GateLine])
    case picture(Picture, [Mark])
    case form(Form)
    case tree(TreeNode)
    case links([Link])
  }

  init(_ heading: String, note: String = "", _ content: Content) {
    self.heading = heading
    self.note = note
    self.content = content
  }

  /// Without a heading.
  init(_ content: Content) {
    self.content = content
  }
}

/// A link in a row of links.
struct Link: Sendable {
  var label: String
  var href: String
  var isCurrent = false
}

/// A colour with what it means.
struct Mark: Sendable {
  let tone: String
  let label: String
}

/// A table that becomes a list of cards where the window is narrow.
struct Grid: Sendable {
  var columns: [Column]
  var rows: [[Cell]]
  /// What to do while there is nothing.
  var empty = ""
  var emptyCommand = ""
  /// The next page; "" if this is the last.
  var next = ""

  struct Column: Sendable, ExpressibleByStringLiteral {
    let label: String
    var kind = Kind.text

    enum Kind: String, Sendable {
      /// Words that are broken anywhere; one word or few that are not; a figure; text of a machine; one word of it.
      case text, word, number, code, token
    }

    init(_ label: String, _ kind: Kind = .text) {
      self.label = label
      self.kind = kind
    }

    init(stringLiteral value: String) { self.init(value) }
  }
}

/// One cell of a table: a text that may be a link, in a colour, with a quiet note.
struct Cell: Sendable, ExpressibleByStringLiteral {
  var text: String
  var href = ""
  var tone: Tone?
  var note = ""
  var noteHref = ""
  /// Set where the text is an instant.
  var iso = ""
  /// A small form behind the text: a button that does something with the row.
  var button: Form?

  init(_ text: String, href: String = "", tone: Tone? = nil, note: String = "", noteHref: String = "", iso: String = "")
  {
    self.text = text
    self.href = href
    self.tone = tone
    self.note = note
    self.noteHref = noteHref
    self.iso = iso
  }

  init(stringLiteral value: String) { self.init(value) }

  init(_ link: String, to route: ConsoleRequest.Route, tone: Tone? = nil, note: String = "") {
    self.init(link, href: ConsoleRequest.path(of: route), tone: tone, note: note)
  }
}

/// One line of a description list; lines without a value are left out.
struct Detail: Sendable {
  let label: String
  let value: String
  var href = ""
  var note = ""
  var iso = ""

  init(_ label: String, _ value: String?, note: String = "", iso: String = "") {
    self.label = label
    self.value = value ?? ""
    self.note = note
    self.iso = iso
  }

  init(_ label: String, _ value: String?, note: String = "", to route: (String) -> ConsoleRequest.Route) {
    self.init(label, value, note: note)
    href = value.map { ConsoleRequest.path(of: route($0)) } ?? ""
  }
}

/// A gate and how it stood.
struct GateLine: Sendable {
  let gate: String
  let state: String
  let tone: Tone
  let detail: String
}

/// Something to fill in and send; it needs the token, or shows how to get it.
struct Form: Sendable {
  let action: ConsoleAction
  var fields: [Input] = []
  let submit: String
  var isDangerous = false
  /// Whether it asks instead of acting; then it is sent by GET to a page and needs no token.
  var asks: ConsoleRequest.Route?

  struct Input: Sendable {
    let name: String
    let label: String
    var kind = Kind.text
    var value = ""
    var hint = ""
    var isRequired = false
    /// What counts where the field is left empty; what differs from it is shown as one types.
    var fallback = ""

    enum Kind: Sendable {
      case text, hidden, area, check, instant
      case choice([String])
    }

    init(
      _ name: String, _ label: String, _ kind: Kind = .text, value: String = "", hint: String = "",
      isRequired: Bool = false, fallback: String = ""
    ) {
      self.name = name
      self.label = label
      self.kind = kind
      self.value = value
      self.hint = hint
      self.isRequired = isRequired
      self.fallback = fallback
    }
  }
}

/// A thing in a causal tree with what came of it.
struct TreeNode: Sendable {
  let kind: String
  let label: String
  let state: String
  let tone: Tone
  let href: String
  let at: String
  let note: String
  let children: [TreeNode]
}
