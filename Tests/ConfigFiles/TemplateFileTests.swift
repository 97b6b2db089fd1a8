import ConfigFiles
import ConfigModel
import Events
import Testing

@Suite struct TemplateFileTests {
  @Test(arguments: [
    ("a: !Ref b", #"{"a":{"Ref":"b"}}"#), ("a: !GetAtt b.Arn", #"{"a":{"Fn::GetAtt":"b.Arn"}}"#),
    ("a: !Sub '${b}-c'", #"{"a":{"Fn::Sub":"${b}-c"}}"#), ("a: !Condition b", #"{"a":{"Condition":"b"}}"#),
    ("a: !If [b, !Ref c, 1]", #"{"a":{"Fn::If":["b",{"Ref":"c"},1]}}"#),
    ("a: !Select\n  - 0\n  - !Split [',', b]", #"{"a":{"Fn::Select":[0,{"Fn::Split":[",","b"]}]}}"#),
    ("a: &x {b: 1}\nc: *x", #"{"a":{"b":1},"c":{"b":1}}"#),
    ("a: 1.10\nb: 007\nc: '7'\nd: 2012-10-17\ne: 1e3", #"{"a":1.10,"b":"007","c":"7","d":"2012-10-17","e":1e3}"#),
    ("a: true\nb: null\nc: ~\nd: 'true'\ne: inf", #"{"a":true,"b":null,"c":null,"d":"true","e":"inf"}"#),
    ("# a remark\na: >\n  one\n  two\n", #"{"a":"one two\n"}"#),
    (" {\"a\":\"\\u00e9\\/\",\t\"b\": 1.0}", #"{"a":"é/","b":1.0}"#),
  ])
  func `a template is one tree, whatever it is written in`(text: String, json: String) throws {
    #expect(try TemplateFile.parse(text, name: "t").text == json)
  }

  @Test(arguments: ["", "just text", "- a\n- b", "{\"a\": ", "a: [1", "{\"a\": !Ref b}"])
  func `what is neither JSON nor YAML, or no object, is refused by name`(text: String) {
    #expect(throws: ConfigError.self) { try TemplateFile.parse(text, name: "t") }
  }
}
