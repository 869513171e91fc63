"use strict";
// What a code says stands behind the "#" of the address, which a browser keeps to itself: it goes to the verification
// in a request's body, and nowhere else.
const MOST_BYTES = 524288;
const WORDS = {
  valid: ["真实，且在有效状态", "Genuine and in force"],
  ended: ["真实，但不在有效状态", "Genuine, but not in force"],
  false: ["不真实", "Not genuine"],
  none: ["未能核验", "It could not be checked"],
  wait: ["正在核验…", "Checking…"],
  kind: ["证照种类", "Kind"],
  number: ["证照编号", "Number"],
  holder: ["持证人", "Holder"],
  issuer: ["颁发机关", "Issuer"],
  issued: ["颁发日期", "Issued on"],
  until: ["有效期至", "Valid until"],
  open: ["长期", "no end"],
  purpose: ["仅供以下用途", "Only for this purpose"],
  lasts: ["加注件有效期至", "This copy valid until"],
  origin: ["来源", "Origin"],
  imported: ["平台启用前颁发，由颁发机关导入", "Issued before this platform, and loaded by its issuer"],
  checked: ["核验时间", "Checked at"],
  large: ["文件超过 512 KB，不是本平台的证照文件。", "The file is larger than 512 KB: no document of this platform is."],
  busy: ["核验请求过多，请一分钟后再试。", "Too many checks at this moment. Try again in a minute."],
  unfit: ["所提交的内容无法核验。", "What was sent is nothing that can be checked."],
  away: ["核验服务暂时无法访问，请稍后再试。", "The verification does not answer now. Try again later."],
  unread: ["无法读取该文件。", "The file cannot be read."],
};
const at = (id) => document.getElementById(id);
let latest = 0;

function said(parent, [zh, en]) {
  for (const [name, text] of [["zh", zh], ["en", en]]) {
    const span = document.createElement("span");
    span.className = span.lang = name;
    span.textContent = text;
    parent.append(span);
  }
}

function show(tone, reasons = [], facts = [], name = null) {
  at("verdict").className = tone;
  at("verdict").hidden = false;
  at("title").replaceChildren();
  said(at("title"), WORDS[tone]);
  at("reasons").replaceChildren(...reasons.map((texts) => {
    const item = document.createElement("li");
    said(item, texts);
    return item;
  }));
  at("facts").replaceChildren(...facts.flatMap(([word, texts]) => {
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    said(term, WORDS[word]);
    said(value, texts);
    value.className = word;
    return [term, value];
  }));
  at("compare").hidden = name === null;
  at("compare-name").replaceChildren();
  if (name) {
    said(at("compare-name"), [`纸面姓名应为“${name}”（其余字已隐去）。`, `The name on the paper must be “${name}”, of which the rest is hidden here.`]);
  }
}

function dayOf(iso) {
  const day = new Date(`${iso}T00:00:00Z`);
  const as = (locale, month) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", year: "numeric", month, day: "numeric" }).format(day);
  return [as("zh-CN", "long"), as("en-GB", "long")];
}

function nowAsText() {
  const as = (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(new Date());
  return [as("zh-CN"), as("en-GB")];
}

// Only asked once the verification has found this very token genuine.
function contentOf(token) {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (sign) => sign.charCodeAt(0))));
}

function tell(answer, asked) {
  const reasons = answer.reasons.map((reason) => [reason.zh, reason.en]);
  if (!answer.genuine) {
    show("false", reasons);
    return;
  }
  const code = answer.form === "qr" ? contentOf(asked.token) : {};
  const number = code.number ?? asked.number;
  const facts = [
    ...(answer.purpose ? [["purpose", [answer.purpose, answer.purpose]], ["lasts", dayOf(answer.purpose_until)]] : []),
    ["kind", [answer.kind_label.zh, answer.kind_label.en]],
    ...(code.holder ? [["holder", [code.holder, code.holder]]] : []),
    ...(number ? [["number", [number, number]]] : []),
    ["issuer", [answer.issuer_name.zh, answer.issuer_name.en]],
    ["issued", dayOf(answer.issued_on)],
    ["until", answer.valid_until ? dayOf(answer.valid_until) : WORDS.open],
    ...(answer.origin === "imported" ? [["origin", WORDS.imported]] : []),
    ["checked", nowAsText()],
  ];
  const onPaper = answer.form === "qr" || answer.form === "number";
  show(answer.state === "in force" ? "valid" : "ended", reasons, facts, onPaper ? code.holder ?? "" : null);
}

async function verify(asked) {
  const mine = ++latest;
  show("wait");
  let tone = () => show("none", [WORDS.away]);
  try {
    const reply = await fetch("/v1/verifications", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
      credentials: "omit",
    });
    if (reply.ok) {
      const answer = await reply.json();
      tone = () => tell(answer, asked);
    } else if (reply.status < 500) {
      const word = { 413: "large", 429: "busy" }[reply.status] ?? "unfit";
      tone = () => show("none", [WORDS[word]]);
    }
  } catch {
    // No network: as above.
  }
  if (mine === latest) {
    tone();
    at("title").focus({ preventScroll: true });
    at("verdict").scrollIntoView({ block: "nearest" });
  }
}

function base64Of(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 32768) {
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  }
  return btoa(text);
}

async function verifyFile(file) {
  if (file.size > MOST_BYTES) {
    show("none", [WORDS.large]);
    return;
  }
  try {
    await verify({ document: base64Of(new Uint8Array(await file.arrayBuffer())) });
  } catch {
    show("none", [WORDS.unread]);
  }
}

function verifyCode() {
  if (location.hash.length > 1) {
    verify({ token: location.hash.slice(1) });
  }
}

at("by-number").addEventListener("submit", (event) => {
  event.preventDefault();
  verify({ number: at("number").value.trim() });
});
at("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) {
    verifyFile(file);
  }
});
at("by-file").addEventListener("submit", (event) => event.preventDefault());
at("language").addEventListener("click", () => {
  document.documentElement.lang = document.documentElement.lang === "zh" ? "en" : "zh";
});
addEventListener("hashchange", verifyCode);
verifyCode();
