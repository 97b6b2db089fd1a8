import Events
import Testing

@testable import Templates

@Suite struct IntrinsicsTests {
  private static let place = StackPlace(
    names: ResourceNames(account: "123456789012", region: "us-east-1"), stackName: "shop", functions: [],
    universeParameter: "/dev/customer-data/ingestion/symbols")

  private static let template: JSON = [
    "Parameters": [
      "Plain": ["Type": "String", "Default": "a"], "Given": ["Type": "String", "Default": "x"],
      "Bare": ["Type": "String"], "Stored": ["Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"],
      "Many": ["Type": "CommaDelimitedList", "Default": "x, y,z"],
    ],
    "Mappings": ["Map": ["a": ["k": "mapped"]]],
    "Conditions": [
      "IsA": ["Fn::Equals": [["Ref": "Plain"], "a"]], "IsNotA": ["Fn::Not": [["Condition": "IsA"]]],
      "Both": ["Fn::And": [["Condition": "IsA"], ["Condition": "IsNotA"]]],
      "Either": ["Fn::Or": [["Condition": "IsNotA"], ["Condition": "IsA"]]],
      "Round": ["Fn::Not": [["Condition": "Round"]]],
    ],
    "Resources": [
      "Jobs": ["Type": "AWS::SQS::Queue", "Properties": ["QueueName": "jobs"]],
      "Tick": ["Type": "AWS::Events::Rule", "Properties": ["Name": "tick"]],
      "Nameless": ["Type": "AWS::Events::Rule"],
      "Store": ["Type": "AWS::S3::Bucket", "Properties": ["BucketName": "store"]],
      "Who": ["Type": "AWS::IAM::Role"], "Vpc": ["Type": "AWS::EC2::VPC"],
      "Work": ["Type": "AWS::Lambda::Function", "Properties": ["FunctionName": "work"]],
      "Live": ["Type": "AWS::Lambda::Alias", "Properties": ["Name": "live", "FunctionName": ["Ref": "Work"]]],
      "LoopA": ["Type": "AWS::S3::Bucket", "Properties": ["BucketName": ["Ref": "LoopB"]]],
      "LoopB": ["Type": "AWS::S3::Bucket", "Properties": ["BucketName": ["Fn::Sub": "${LoopA}"]]],
    ],
  ]

  @Test(arguments: try Vectors.load("template-functions"))
  func `every function gives what CloudFormation would give, or says why it can't`(_ row: Vectors.Row) throws {
    let intrinsics = Intrinsics(Self.template, given: ["Given": "g"], at: Self.place)
    do throws(Unresolved) {
      let value = try intrinsics.resolve(row["written"] ?? .null)
      #expect(value == row["value"])
      #expect(row["error"] == nil)
    } catch {
      #expect(error.reason == row.text("error"))
    }
  }

  @Test func `what has no value stays as it is written beside what has one`() {
    let intrinsics = Intrinsics(Self.template, given: [:], at: Self.place)
    #expect(intrinsics.settled([["Ref": "Plain"], ["Ref": "Bare"]]) == ["a", ["Ref": "Bare"]])
  }

  @Test func `two long names that CloudFormation would make stay two`() throws {
    let long = String(repeating: "Q", count: 100)
    let template: JSON = [
      "Resources": .object([
        .init(long + "1", ["Type": "AWS::SQS::Queue"]), .init(long + "2", ["Type": "AWS::SQS::Queue"]),
      ])
    ]
    let intrinsics = Intrinsics(template, given: [:], at: Self.place)
    let first = try intrinsics.name(of: long + "1", .queue).name
    #expect(first.count == 80)
    #expect(try intrinsics.name(of: long + "2", .queue).name != first)
  }
}
