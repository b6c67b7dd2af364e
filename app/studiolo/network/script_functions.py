"""What a proxy script may call, in its own language: the functions of Netscape's Proxy Auto-Config File Format (1996).

Names that have to be looked up are noted in `__wanted`, and the script is run again when they are known.
"""

FUNCTIONS = r"""
var __known = {}, __own = "127.0.0.1", __wanted = [];
function __begin(known, own) { __known = known; __own = own; }
function __answer(url, host) {
  if (typeof FindProxyForURL !== "function") { throw new Error("it has no FindProxyForURL"); }
  var answer = FindProxyForURL(url, host);
  return answer === null || answer === undefined || answer === "" ? "DIRECT" : String(answer);
}
function dnsResolve(name) {
  name = String(name);
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) { return name; }
  if (Object.prototype.hasOwnProperty.call(__known, name)) { return __known[name]; }
  __wanted.push(name);
  return null;
}
function isResolvable(name) { return dnsResolve(name) !== null; }
function myIpAddress() { return __own; }
function isPlainHostName(host) { return String(host).indexOf(".") < 0; }
function dnsDomainIs(host, domain) {
  host = String(host).toLowerCase(); domain = String(domain).toLowerCase();
  return host.length >= domain.length && host.substring(host.length - domain.length) === domain;
}
function localHostOrDomainIs(host, name) {
  return host === name || (isPlainHostName(host) && String(name).lastIndexOf(host + ".", 0) === 0);
}
function dnsDomainLevels(host) { return String(host).split(".").length - 1; }
function convert_addr(address) {
  var parts = String(address).split(".");
  return ((parts[0] & 255) << 24) | ((parts[1] & 255) << 16) | ((parts[2] & 255) << 8) | (parts[3] & 255);
}
function isInNet(host, pattern, mask) {
  var address = dnsResolve(host), bits = convert_addr(mask);
  return address !== null && (convert_addr(address) & bits) === (convert_addr(pattern) & bits);
}
function shExpMatch(text, pattern) {
  text = String(text); pattern = String(pattern);
  var at = 0, in_pattern = 0, star = -1, mark = 0;
  while (at < text.length) {
    if (in_pattern < pattern.length && (pattern[in_pattern] === "?" || pattern[in_pattern] === text[at])
        && pattern[in_pattern] !== "*") { at++; in_pattern++; }
    else if (in_pattern < pattern.length && pattern[in_pattern] === "*") { star = in_pattern++; mark = at; }
    else if (star >= 0) { in_pattern = star + 1; at = ++mark; }
    else { return false; }
  }
  while (in_pattern < pattern.length && pattern[in_pattern] === "*") { in_pattern++; }
  return in_pattern === pattern.length;
}
function __range(values) {
  var list = Array.prototype.slice.call(values), gmt = list[list.length - 1] === "GMT";
  if (gmt) { list.pop(); }
  return { list: list, gmt: gmt };
}
var __days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
var __months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
function weekdayRange() {
  var asked = __range(arguments), now = new Date(), today = asked.gmt ? now.getUTCDay() : now.getDay();
  var first = __days.indexOf(asked.list[0]), last = asked.list.length > 1 ? __days.indexOf(asked.list[1]) : first;
  return first <= last ? first <= today && today <= last : today >= first || today <= last;
}
function timeRange() {
  var asked = __range(arguments), list = asked.list, now = new Date();
  var seconds = asked.gmt ? now.getUTCHours() * 3600 + now.getUTCMinutes() * 60 + now.getUTCSeconds()
    : now.getHours() * 3600 + now.getMinutes() * 60 + now.getSeconds();
  var first, last;
  if (list.length === 1) { return Math.floor(seconds / 3600) === list[0]; }
  if (list.length === 2) { first = list[0] * 3600; last = list[1] * 3600; }
  else if (list.length === 4) { first = list[0] * 3600 + list[1] * 60; last = list[2] * 3600 + list[3] * 60; }
  else { first = list[0] * 3600 + list[1] * 60 + list[2]; last = list[3] * 3600 + list[4] * 60 + list[5]; }
  return first <= last ? first <= seconds && seconds <= last : seconds >= first || seconds <= last;
}
function dateRange() {
  var asked = __range(arguments), list = asked.list, now = new Date(), half = list.length / 2;
  var day = asked.gmt ? now.getUTCDate() : now.getDate(), month = asked.gmt ? now.getUTCMonth() : now.getMonth();
  var year = asked.gmt ? now.getUTCFullYear() : now.getFullYear();
  function number(parts) {
    var value = 0, today = 0;
    parts.forEach(function (part) {
      if (typeof part === "string") { value += __months.indexOf(part) * 100; today += month * 100; }
      else if (part > 31) { value += part * 10000; today += year * 10000; }
      else { value += part; today += day; }
    });
    return [value, today];
  }
  if (list.length === 1) { var only = number(list); return only[0] === only[1]; }
  var first = number(list.slice(0, half)), last = number(list.slice(half)), today = first[1];
  return first[0] <= last[0] ? first[0] <= today && today <= last[0] : today >= first[0] || today <= last[0];
}
function alert() {}
"""
