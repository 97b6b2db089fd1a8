import Engine
import Events
import Operations
import Templates

/// What moves between an environment and templates: everything that is there, and definitions to take over.
struct StackService: Sendable {
  private let importer: Importer

  init(_ room: ControlRoom) {
    importer = Importer(room)
  }

  func inventory() async throws -> JSON { try await importer.inventory() }

  /// Takes definitions over, or says what that would do: `{"definitions": …, "dry_run": true, "why": …}`.
  func take(_ body: JSON, who: String) async throws -> JSON {
    let wanted: StackDefinitions
    do throws(StackError) {
      wanted = try StackDefinitions(json: body["definitions"] ?? .object([]))
    } catch {
      throw AdminRefusal(status: 400, code: error.code.rawValue, message: error.reason)
    }
    let isDry = body["dry_run"]?.bool == true
    let note = ChangeNote(operation: "Import", who: body["who"]?.string ?? who, why: body["why"]?.string)
    let plan = isDry ? try await importer.plan(wanted) : try await importer.take(wanted, note)
    return ["dry_run": .bool(isDry), "steps": .array(plan.steps.map(\.json))]
  }
}
