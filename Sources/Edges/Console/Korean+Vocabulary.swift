extension Korean {
  /// Words and sentences of the layers below that pages say in the reader's language.
  static let vocabulary: [String: String] = [
    // Decisions.
    "dispatched": "디스패치됨",
    "dry run": "드라이런",
    "duplicate": "중복",
    "conflict": "충돌",
    "invalid": "검증 실패",
    "rejected": "거부됨",
    "rate limited": "호출 제한 초과",
    "breaker open": "서킷 브레이커 열림",
    "loop stopped": "순환 차단",
    "disabled": "비활성",
    "missed": "누락",
    "skipped": "건너뜀",
    "unmatched": "불일치",
    "undeliverable": "전달 불가",
    "changed": "변경",
    "deferred": "보류",

    // Gates, and how they stand.
    "operator": "운영자",
    "enabled": "활성",
    "match": "규칙 매칭",
    "misfire": "미실행 처리",
    "delivery": "전달",
    "shape": "입력 변환",
    "structure": "구조 검증",
    "values": "값 검증",
    "symbols": "심볼",
    "plan": "청크 계획",
    "causation": "원인 사슬",
    "breaker": "서킷 브레이커",
    "rate": "호출 제한",
    "lease": "테이블 점유",
    "claim": "키 선점",
    "dispatch": "디스패치",
    "passed": "통과",
    "stopped": "차단",
    "not reached": "도달하지 않음",
    "open": "열림",
    "shut": "닫힘",
    "unknown": "알 수 없음",

    // Runs, what sets them off, and what comes of them.
    "running": "실행 중",
    "succeeded": "성공",
    "partly failed": "일부 실패",
    "failed": "실패",
    "schedule": "스케줄",
    "event": "이벤트",
    "manual": "수동 실행",
    "backfill": "백필",
    "replay": "재처리",
    "decision": "결정",
    "run": "실행",
    "chunk": "청크",
    "object": "객체",
    "message": "메시지",
    "stored": "저장됨",
    "waiting": "대기 중",
    "queued": "큐에 있음",
    "received": "수신됨",
    "taken": "처리됨",
    "would pass": "통과 예상",
    "would wait": "대기 예상",
    "still invalid": "여전히 검증 실패",

    // Lanes of the timeline that are no rule's.
    "no rule": "일치 규칙 없음",
    "by hand": "수동 실행",

    // What is counted.
    "rule": "규칙",
    "check": "진단 항목",
    "alarm": "알람",
    "symbol": "심볼",
    "dead letter": "데드 레터",

    // The doctor.
    "rules": "규칙",
    "functions": "함수",
    "permissions": "권한",
    "sources": "데이터 소스",
    "clock": "시계",
    "disk": "디스크",
    "limits": "시스템 한도",
    "loops": "엔진 루프",
    "breakers": "서킷 브레이커",
    "budgets": "호출 예산",
    "fires": "스케줄 실행",
    "decisions": "결정",
    "backlog": "백로그",
    "dead-letters": "DLQ",
    "logs": "로그",
    "alarms": "알람",
    "failing": "실패",
    "warning": "경고",
    "fine": "정상",
    "yes": "예",
    "no": "아니요",

    // Alarms and move tasks.
    "OK": "정상",
    "ALARM": "알람 발생",
    "INSUFFICIENT_DATA": "데이터 부족",
    "RUNNING": "진행 중",
    "COMPLETED": "완료",
    "CANCELLING": "취소 중",
    "CANCELLED": "취소됨",
    "FAILED": "실패",
    "15 minutes": "15분",
    "1 hour": "1시간",
    "4 hours": "4시간",
    "1 day": "1일",
    "on-call engineer": "온콜 엔지니어",
    "development team lead": "개발팀 리드",
    "development team": "개발팀",
    "operations team": "운영팀",
    "the whole pipeline has stopped": "전체 파이프라인 중단",
    "some functions fail": "일부 기능 장애",
    "performance has degraded": "성능 저하",
    "a minor issue": "마이너 이슈",

    // What reason codes mean.
    "the run was accepted and its chunks are in the work queue": "실행이 수락되어 청크가 작업 큐에 있습니다",
    "every target of the rule took the event": "규칙의 모든 대상이 이벤트를 받았습니다",
    "every gate was passed; nothing was consumed or sent, as asked":
      "모든 게이트를 통과했으며, 요청대로 아무것도 소비하거나 전송하지 않았습니다",
    "the same request under the same key already ran or is running": "같은 키의 같은 요청이 이미 실행되었거나 실행 중입니다",
    "the key is taken by a request that asked for something else": "내용이 다른 요청이 이미 같은 키를 사용하고 있습니다",
    "the request is no JSON object, or a required field is absent": "요청이 JSON 객체가 아니거나 필수 필드가 없습니다",
    "data_source is not 1 to 50 letters and underscores": "data_source가 영문자와 밑줄 1~50자가 아닙니다",
    "domain is not 1 to 50 letters and underscores": "domain이 영문자와 밑줄 1~50자가 아닙니다",
    "table_name is not 1 to 50 letters and underscores": "table_name이 영문자와 밑줄 1~50자가 아닙니다",
    "symbols is not a list of 1 to 100 valid symbols": "symbols가 유효한 심볼 1~100개의 목록이 아닙니다",
    "no such data source is registered": "등록되지 않은 데이터 소스입니다",
    "the domain and table are not registered": "등록되지 않은 도메인과 테이블입니다",
    "no symbol was left to ingest": "수집할 심볼이 남아 있지 않습니다",
    "the chain of causes is too long, or the same re-ingestion came too often today":
      "원인 사슬이 너무 길거나, 같은 재수집이 오늘 너무 많이 요청되었습니다",
    "the limit for this kind of trigger is used up": "이 트리거 유형의 호출 제한을 모두 사용했습니다",
    "the circuit breaker of the table is open after failed runs": "실행이 연속으로 실패하여 테이블의 서킷 브레이커가 열려 있습니다",
    "somebody else holds the table": "테이블이 이미 점유되어 있습니다",
    "earlier causes of the same kind are still waiting": "같은 유형의 앞선 원인이 아직 대기 중입니다",
    "the rule is disabled": "규칙이 비활성 상태입니다",
    "the slot passed while the engine was down, and the misfire policy skips it":
      "엔진이 중단된 동안 슬롯이 지났으며, 미실행 처리 정책에 따라 건너뛰었습니다",
    "the universe was updated; the event asked for no ingestion": "유니버스는 갱신되었으며, 이벤트가 수집을 요청하지 않았습니다",
    "a newer notification of the same object was already taken": "같은 객체의 더 새로운 알림이 이미 처리되었습니다",
    "the notification tells of no object that came into being": "알림에 새로 생성된 객체가 없습니다",
    "no rule wanted the event": "이벤트와 일치하는 규칙이 없습니다",
    "the rule matched but has no target": "규칙은 일치했지만 대상이 없습니다",
    "the target does not exist": "대상이 존재하지 않습니다",
    "the policy of the target does not let the rule use it": "대상의 정책이 규칙의 사용을 허용하지 않습니다",
    "the target's input could not be made from the event": "이벤트로 대상의 입력을 만들 수 없습니다",
    "the target refused the event as often as its retry policy allows":
      "대상이 이벤트를 계속 거부하여 재시도 정책의 최대 횟수에 도달했습니다",
    "the event outlived the maximum age of its retry policy": "이벤트가 재시도 정책의 최대 경과 시간을 넘었습니다",
    "the slot's instant passed and nothing was decided about it: the scheduler did not work":
      "슬롯 시각이 지났지만 결정이 없습니다. 스케줄러가 동작하지 않았습니다",
    "slots passed while the engine was down or the schedule rested; the row says what becomes of each":
      "엔진이 중단되었거나 스케줄이 일시 중단된 동안 슬롯이 지났으며, 각 슬롯의 처리 계획이 행에 있습니다",
    "the run of an earlier slot of the same schedule goes on, and the overlap policy skips this one":
      "같은 스케줄의 앞선 슬롯이 아직 실행 중이며, 중첩 정책에 따라 이 슬롯을 건너뛰었습니다",
    "the run of an earlier slot of the same schedule goes on; this one waits for its end":
      "같은 스케줄의 앞선 슬롯이 아직 실행 중이며, 이 슬롯은 그 실행이 끝날 때까지 대기합니다",
    "a schedule or a group of schedules was made, changed or removed": "스케줄 또는 스케줄 그룹을 생성, 변경 또는 삭제했습니다",
    "the schedule was removed before its slot could run": "슬롯이 실행되기 전에 스케줄이 삭제되었습니다",
    "a backfill was started, stopped, resumed or has finished": "백필을 시작, 중지 또는 재개했거나 백필이 완료되었습니다",
    "the machine's time zone data changed, and what hangs in those zones was planned anew":
      "시스템의 시간대 데이터가 바뀌어 해당 시간대의 스케줄을 다시 계획했습니다",
    "an operator changed the rule": "운영자가 규칙을 변경했습니다",
    "put-rule replaced the whole rule, and with it more than was named":
      "put-rule이 규칙 전체를 교체하여 지정하지 않은 항목까지 바뀌었습니다",
    "an operator acted: a run now, a recovery, a redrive, a discard": "운영자 작업입니다: 즉시 실행, 복구, 재처리, 폐기",
    "rows beyond the retention were let go of; a checkpoint keeps the chain whole":
      "보존 범위를 벗어난 행을 정리했으며, 체크포인트로 체인의 무결성을 유지합니다",

    // What is done about them.
    "use another correlation_id to run it again": "다시 실행하려면 다른 correlation_id를 사용합니다",
    "use another correlation_id, or send the same payload": "다른 correlation_id를 사용하거나 같은 페이로드를 보냅니다",
    "send a JSON object; fields that are left out take the environment's defaults":
      "JSON 객체를 보냅니다. 생략한 필드에는 환경 기본값이 적용됩니다",
    "use letters and underscores only, 50 at most": "영문자와 밑줄만 최대 50자까지 사용합니다",
    "send 1 to 100 symbols of up to 20 characters out of A–Z 0–9 . - ^ =":
      "A–Z 0–9 . - ^ = 문자로 된 20자 이하의 심볼을 1~100개 보냅니다",
    "register the source under `sources` in the environment's configuration":
      "환경 설정의 `sources`에 데이터 소스를 등록합니다",
    "register the table under `tables` in the environment's configuration": "환경 설정의 `tables`에 테이블을 등록합니다",
    "name symbols of the universe, or send force_symbols: true": "유니버스의 심볼을 지정하거나 force_symbols: true를 보냅니다",
    "break the loop: the consumer must not ask for what it has just been given":
      "순환을 끊습니다. 소비자는 방금 받은 데이터를 다시 요청하지 않아야 합니다",
    "wait for retry_after seconds, or raise the limit in the configuration":
      "retry_after초 동안 기다리거나 환경 설정에서 제한값을 높입니다",
    "mend the source; the breaker lets one probe through after its hour, an urgent manual run at once":
      "데이터 소스를 복구합니다. 서킷 브레이커는 1시간 후 시험 실행 1건을 허용하며, 긴급 수동 실행은 즉시 허용합니다",
    "wait for the holder, or release its lease: bellcrank lease release":
      "점유가 끝날 때까지 기다리거나 점유를 해제합니다: bellcrank lease release",
    "choose another overlap policy: bellcrank schedule set NAME --overlap buffer-one":
      "다른 중복 실행 정책을 지정합니다: bellcrank schedule set NAME --overlap buffer-one",
    "run it by hand: bellcrank schedule recover RULE SLOT": "수동으로 실행합니다: bellcrank schedule recover RULE SLOT",
    "compare the event with the pattern: bellcrank pattern test": "이벤트와 패턴을 비교합니다: bellcrank pattern test",
    "create the target, or correct its ARN: aws events put-targets": "대상을 만들거나 ARN을 수정합니다: aws events put-targets",
    "grant it: bellcrank doctor prints the whole command":
      "권한을 부여합니다: aws lambda add-permission. 전체 명령은 bellcrank doctor가 출력합니다",
    "mend the target's InputPath or InputTransformer: aws events put-targets":
      "대상의 InputPath 또는 InputTransformer를 수정합니다: aws events put-targets",
    "choose another overlap policy: bellcrank schedule set NAME --overlap buffer-one":
      "다른 중첩 정책을 선택합니다: bellcrank schedule set NAME --overlap buffer-one",
    "put-rule again with the description, state and pattern that the rule shall have":
      "규칙에 필요한 설명, 상태, 패턴을 모두 지정하여 put-rule을 다시 실행합니다",
    "mend the target, then send the dead letter again": "대상을 복구한 후 데드 레터를 다시 보냅니다",
    "enable the rule": "규칙을 활성화합니다",
    "create the rule": "규칙을 만듭니다",
    "the rule is there now; what it missed can be run by hand": "현재는 규칙이 있으며, 누락된 실행은 수동으로 실행할 수 있습니다",

    // What is said once something is done, or cannot be answered.
    "Actions are unlocked in this browser until the server is started again.":
      "서버를 다시 시작할 때까지 이 브라우저에서 작업 잠금이 해제됩니다.",
    "The schedule is paused.": "스케줄을 일시 중단했습니다.",
    "It is enabled again.": "다시 활성화했습니다.",
    "The schedule is changed.": "스케줄을 변경했습니다.",
    "It was asked for; this is what came of it.": "요청을 처리했으며, 결과는 다음과 같습니다.",
    "The slot was run again.": "슬롯을 다시 실행했습니다.",
    "The redrive has begun.": "재처리를 시작했습니다.",
    "The letter was sent again.": "데드 레터를 다시 보냈습니다.",
    "The letter would be refused again, so it stays.": "데드 레터가 다시 거부될 것이므로 그대로 두었습니다.",
    "The redrive is stopped.": "재처리를 중지했습니다.",
    "The letter is thrown away.": "데드 레터를 폐기했습니다.",
    "The drill passed: the alarm rang and fell silent on a shadow.": "모의 발생에 성공했습니다. 섀도 알람이 발생한 뒤 해제되었습니다.",
    "The table is free.": "테이블 점유를 해제했습니다.",
    "Nothing is known of that id.": "해당 ID에 대한 기록이 없습니다.",
    "That is no instant; write it like 2025-09-09T22:00:00Z.": "시각 형식이 아닙니다. 2025-09-09T22:00:00Z와 같이 입력하십시오.",
    "There never was such a rule.": "해당 규칙은 존재한 적이 없습니다.",
  ]
}
