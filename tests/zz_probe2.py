import json
def test_p(api, record, editor):
    a = record("claims", key="a", kind="other", statement="A.")
    record("claims", key="b", kind="other", statement="B.", relations=[{"relation":"contradicts","other_claim":"a"}])
    row = {"record":"claim","key":"a","kind":"other","statement":"A.","stage":"published","reviews":[{"status":"disputed","rationale":"r","decided_on":"2025-01-01","decided_by":"d"}]}
    r = api.post("imports", content=json.dumps(row).encode()+b"\n", params={"format":"attest_json"}, headers=editor)
    print(r.status_code, r.text)
    print(api.get("claims/"+a["id"]).json()["status"])
