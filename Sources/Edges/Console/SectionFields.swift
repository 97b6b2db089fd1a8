import Events

/// A section as its template wants it: every name set, those of other kinds of content to nothing.
struct SectionFields {
  private let section: Section
  private let number: Int
  private let desk: Desk
  private let reader: ConsoleReader

  init(_ section: Section, number: Int, desk: Desk, reader: ConsoleReader) {
    self.section = section
    self.number = number
    self.desk = desk
    self.reader = reader
  }

  private static func nothing() -> Fields {
    [
      "table": .flag(false), "details": .flag(false), "text": .flag(false), "code": .flag(false), "gates": .flag(false),
      "pictured": .flag(false), "form": .flag(false), "tree": .flag(false), "links": .flag(false),
    ]
  }

  var fields: Fields {
    var fields = Self.nothing()
    fields["heading"] = .text(section.heading)
    fields["id"] = .text("s\(number)")
    fields["note"] = .text(section.note)
    let (name, content) = content
    fields[name] = .group(content)
    return fields
  }

  private var content: (String, Fields) {
    switch section.content {
    case .table(let grid): ("table", table(grid))
    case .details(let lines):
      (
        "details",
        [
          "lines": .rows(
            lines.filter { !$0.value.isEmpty }.map { line in
              [
                "label": .text(line.label), "value": .text(line.value), "href": .text(line.href),
                "iso": .text(line.iso),
                "note": .text(line.note),
              ]
            })
        ]
      )
    case .text(let words, let tone): ("text", ["words": .text(words), "tone": .text(tone?.rawValue ?? "")])
    case .code(let words): ("code", ["words": .text(words)])
    case .gates(let lines):
      (
        "gates",
        [
          "lines": .rows(
            lines.map { line in
              [
                "gate": .text(line.gate), "state": .text(line.state), "tone": .text(line.tone.rawValue),
                "detail": .text(line.detail),
              ]
            })
        ]
      )
    case .picture(let picture, let legend):
      (
        "pictured",
        [
          "picture": .picture(picture), "picture_name": .text(picture.name), "has_legend": .flag(!legend.isEmpty),
          "legend": .rows(legend.map { ["tone": .text($0.tone), "label": .text($0.label)] }),
        ]
      )
    case .form(let form): ("form", self.form(form, place: "f\(number)"))
    case .tree(let node): ("tree", self.node(node))
    case .links(let links):
      (
        "links",
        [
          "lines": .rows(
            links.map { ["href": .text($0.href), "label": .text($0.label), "current": .flag($0.isCurrent)] })
        ]
      )
    }
  }

  private func table(_ grid: Grid) -> Fields {
    let rows = grid.rows.enumerated().map { row, cells -> Fields in
      let shown = zip(grid.columns, cells).map { column, cell -> Fields in
        [
          "label": .text(column.label), "kind": .text(column.kind.rawValue), "tone": .text(cell.tone?.rawValue ?? ""),
          "text": .text(cell.text), "href": .text(cell.href), "note": .text(cell.note),
          "note_href": .text(cell.noteHref), "iso": .text(cell.iso),
          "button": cell.button.map { .group(form($0, place: "f\(number)r\(row)")) } ?? .flag(false),
        ]
      }
      return ["cells": .rows(Array(shown))]
    }
    return [
      "has_rows": .flag(!rows.isEmpty), "rows": .rows(rows),
      "columns": .rows(grid.columns.map { ["label": .text($0.label), "kind": .text($0.kind.rawValue)] }),
      "empty": .text(rows.isEmpty ? grid.empty : ""), "empty_command": .text(rows.isEmpty ? grid.emptyCommand : ""),
      "next": .text(grid.next), "next_label": .text(desk.t("Older")),
    ]
  }

  private func form(_ form: Form, place: String) -> Fields {
    let isAct = form.asks == nil
    let isOpen = !isAct || reader.csrf != nil || form.action == .unlock
    return [
      "method": .text(isAct ? "post" : "get"),
      "action": .text(form.asks.map { ConsoleRequest.path(of: $0) } ?? form.action.path),
      "form_class": .text(form.isDangerous ? "act danger" : isAct ? "act" : "ask"), "is_act": .flag(isAct),
      "csrf": .text(reader.csrf ?? ""), "back": .text(reader.target), "submit": .text(form.submit),
      "is_open": .flag(isOpen), "is_locked": .flag(!isOpen), "unlock": .text(desk.t("Unlock to: %1", form.submit)),
      "has_diff": .flag(form.fields.contains { !$0.fallback.isEmpty }),
      "same": .text(desk.t("As the environment has it.")),
      "inputs": .rows(form.fields.map { input($0, place: place) }),
    ]
  }

  private func input(_ input: Form.Input, place: String) -> Fields {
    var fields: Fields = [
      "name": .text(input.name), "label": .text(input.label), "value": .text(input.value), "hint": .text(input.hint),
      "field_id": .text("\(place)-\(input.name)"), "fallback": .text(input.fallback),
      "required": .flag(input.isRequired),
      "checked": .flag(input.value == "true"), "is_hidden": .flag(false), "is_text": .flag(false),
      "is_area": .flag(false), "is_check": .flag(false), "is_choice": .flag(false), "options": .rows([]),
    ]
    switch input.kind {
    case .hidden: fields["is_hidden"] = .flag(true)
    case .text, .instant: fields["is_text"] = .flag(true)
    case .area: fields["is_area"] = .flag(true)
    case .check: fields["is_check"] = .flag(true)
    case .choice(let options):
      fields["is_choice"] = .flag(true)
      fields["options"] = .rows(
        options.map { option in
          [
            "option": .text(option), "option_label": .text(option.isEmpty ? "–" : desk.t.spoken(option)),
            "selected": .flag(option == input.value),
          ]
        })
    }
    return fields
  }

  private func node(_ node: TreeNode) -> Fields {
    [
      "kind": .text(desk.t(node.kind)), "label": .text(node.label), "state": .text(node.state),
      "tone": .text(node.tone.rawValue), "href": .text(node.href), "at": .text(node.at), "note": .text(node.note),
      "has_children": .flag(!node.children.isEmpty), "children": .rows(node.children.map { self.node($0) }),
    ]
  }
}
