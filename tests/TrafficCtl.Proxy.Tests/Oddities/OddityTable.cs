namespace TrafficCtl.Proxy.Tests.Oddities;

/// <summary>Some hundred oddities of HTTP/1.1: request lines, targets, hosts, framing, fields, answers.</summary>
internal static class OddityTable
{
    private const string Strict = "we refuse what RFC 9112 calls invalid; nginx repairs or passes it";
    private const string Kestrel = "the server library refuses it before the proxy sees it";
    private const string PassedOn = "no proxy's business: passed on as it came; nginx refuses it";
    private const string OneLine = "the same by RFC 9110 5.3: values on one line";
    private const string OneXx = "the client library drops 1xx; this nginx takes the first for the answer";
    private const string BothRefuse = "both refuse it, with another status";

    public static readonly Oddity[] All =
    [
        .. Targets(), .. Methods(), .. Versions(), .. Hosts(), .. Framing(), .. Fields(), .. Answers(),
    ];

    private static IEnumerable<Oddity> Targets()
    {
        foreach (var target in new[]
        {
            "/@babel%2Fcore", "/a%2eb", "/%2e%2e/x", "/a/../b", "/a/./b", "/../x", "//a//b", "/%zz", "/%", "/%C0%AF", "/%C5%BD", "/[x]",
            "/{a}|b^c`",
            "/a;b=c", "/a:b@c", "/?", "/?a=b&c", "/?a=%20+", "/?a=/../b", "/??x", "/a'b", "/a\"b",
            "/a<b>c", "/a\\b", "/.", "/~u/", "/a,b;c", "/%41",
        })
        {
            var why = target is "/%2e%2e/x" or "/../x" or "/%zz" or "/%" ? PassedOn : null;
            yield return Of($"target {target}", $"GET {target} HTTP/1.1", why);
        }

        yield return Of("target with a fragment", "GET /a#b HTTP/1.1");
        yield return Of("target with an encoded NUL", "GET /a%00b HTTP/1.1");
        yield return Of("target with a raw space", "GET /a b HTTP/1.1");
        yield return Of("target with a byte above 7F", "GET /\u00e9 HTTP/1.1", Kestrel);
        yield return Of("target in absolute form", "GET http://other.example/x%2Fy?z HTTP/1.1");
        yield return Of("target in absolute form without a path", "GET http://other.example HTTP/1.1");
        yield return Of("target *", "OPTIONS * HTTP/1.1");
        yield return Of("target without a slash", "GET a HTTP/1.1", BothRefuse);
        yield return Of("no target", "GET HTTP/1.1");
        yield return Of("target of 9,000 bytes", $"GET /{new string('a', 9000)} HTTP/1.1");
    }

    private static IEnumerable<Oddity> Methods()
    {
        foreach (var method in new[] { "DELETE", "OPTIONS", "PATCH", "PROPFIND", "REPORT", "M-SEARCH", "FOO" })
            yield return Of($"method {method}", $"{method} / HTTP/1.1");
        yield return Of("method TRACE", "TRACE / HTTP/1.1");
        yield return Of("method CONNECT", "CONNECT h:80 HTTP/1.1", BothRefuse);
        yield return Of("method in lower case", "get / HTTP/1.1");
        yield return Of("method with a bracket", "G[T / HTTP/1.1");
        yield return Raw("no method", " / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    }

    private static IEnumerable<Oddity> Versions()
    {
        yield return Of("HTTP/1.0", "GET / HTTP/1.0");
        yield return Raw("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n");
        yield return Of("HTTP/1.2", "GET / HTTP/1.2", Strict);
        yield return Of("HTTP/2.0 in a request line", "GET / HTTP/2.0");
        yield return Of("HTTP/9.9", "GET / HTTP/9.9");
        yield return Of("http in lower case", "GET / http/1.1", BothRefuse);
        yield return Raw("no version (HTTP/0.9)", "GET /\r\n", "HTTP/0.9 is refused; nginx still answers it");
        yield return Of("space after the version", "GET / HTTP/1.1 ", Strict);
        yield return Of("two spaces in the request line", "GET  / HTTP/1.1", Strict);
        yield return Raw("an empty line first", "\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        yield return Raw("lines end with LF alone", "GET / HTTP/1.1\nHost: h\nConnection: close\n\n");
        yield return Raw("a TLS hello", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n");
        yield return Raw("garbage", "\u0001\u0002\u0003\u0004\r\n\r\n");
    }

    private static IEnumerable<Oddity> Hosts()
    {
        yield return Raw("no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
        yield return Raw("Host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n");
        yield return Raw("Host twice, the same", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n");
        foreach (var host in new[] { "H.Example", "h:80", "h.", "h.:80", "[::1]", "[::1]:80", "h_x", "xn--bcher-kva.example" })
            yield return Raw($"Host: {host}", $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        yield return Raw(
            "Host empty", "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
            "valid for a target without an authority; nginx refuses it");
        yield return Raw("Host with a user", "GET / HTTP/1.1\r\nHost: u@h\r\nConnection: close\r\n\r\n", Strict);
        yield return Raw("Host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\nConnection: close\r\n\r\n");
        yield return Raw("Host with a space", "GET / HTTP/1.1\r\nHost: h x\r\nConnection: close\r\n\r\n");
    }

    private static IEnumerable<Oddity> Framing()
    {
        yield return Post("body by length", "Content-Length: 3\r\n", "abc");
        yield return Post("body by chunks", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
        yield return Post("chunk extension", "Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n0\r\n\r\n");
        yield return Post("chunk size with zeros and capitals", "Transfer-Encoding: chunked\r\n", "000A\r\n0123456789\r\n0\r\n\r\n");
        yield return Post("chunk size that is no number", "Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n");
        yield return Post("chunk size of 17 digits", "Transfer-Encoding: chunked\r\n", "10000000000000003\r\nabc\r\n0\r\n\r\n");
        yield return Post("trailers of a request", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nx-trailer: t\r\n\r\n");
        yield return Post("length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
        yield return Post("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "3\r\nabc\r\n0\r\n\r\n");
        yield return Post("Transfer-Encoding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
        yield return Post("Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n");
        yield return Post("Transfer-Encoding: chunked, gzip", "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n", BothRefuse);
        yield return Post("Transfer-Encoding: identity", "Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc", BothRefuse);
        yield return Post("Transfer-Encoding: Chunked", "Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
        yield return Post("Transfer-Encoding: xchunked", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", BothRefuse);
        yield return Post(
            "Content-Length: +5", "Content-Length: +5\r\n", "abcde",
            "the server library reads it as 5, and 5 is what the upstream is sent");
        yield return Post("Content-Length: -1", "Content-Length: -1\r\n", "");
        yield return Post("Content-Length: 0x5", "Content-Length: 0x5\r\n", "abcde");
        yield return Post("Content-Length: 5, 5", "Content-Length: 5, 5\r\n", "abcde");
        yield return Post("Content-Length twice, the same", "Content-Length: 5\r\nContent-Length: 5\r\n", "abcde");
        yield return Post("Content-Length twice, different", "Content-Length: 5\r\nContent-Length: 3\r\n", "abcde");
        yield return Post("Content-Length empty", "Content-Length:\r\n", "");
        yield return Post("Content-Length of 20 digits", "Content-Length: 99999999999999999999\r\n", "");
        yield return Post("Content-Length beyond the limit", "Content-Length: 40000000\r\n", "");
        yield return Raw("chunks on HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        yield return Raw("POST without a length", "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        yield return Raw("GET with a body", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
        yield return Raw(
            "two requests at once", "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        yield return Post(
            "Expect: 100-continue", "Expect: 100-continue\r\nContent-Length: 3\r\n", "abc",
            "nginx sends 100 at once, we when the upstream reads");
        yield return Post("Expect: something", "Expect: something\r\nContent-Length: 3\r\n", "abc");
    }

    private static IEnumerable<Oddity> Fields()
    {
        yield return With("a field's bytes above 7F", "x-a: \u00c5\u00bd\u00e9\r\n", null, "x-a");
        yield return With("a field twice", "x-a: 1\r\nx-a: 2\r\n", OneLine, "x-a");
        yield return With("a field without a value", "x-a:\r\n", null, "x-a");
        yield return With("spaces around a value", "x-a:   b  \t \r\n", null, "x-a");
        yield return With("a quote and commas", "x-a: \"a,b\", c\r\n", null, "x-a");
        yield return With("space before the colon", "x-a : b\r\n", null, "x-a");
        yield return With("no colon", "x-a\r\n", Strict, "x-a");
        yield return With("no name", ": b\r\n", null);
        yield return With("a folded line", "x-a: b\r\n c\r\n", null, "x-a");
        yield return With("a NUL in a value", "x-a: b\0c\r\n", null, "x-a");
        yield return With("a CR in a value", "x-a: b\rc\r\n", null, "x-a");
        yield return With("a tab in a value", "x-a: b\tc\r\n", null, "x-a");
        yield return With("a control in a value", "x-a: b\u0001c\r\n", null, "x-a");
        yield return With("an underscore in a name", "x_a: b\r\n", "valid and passed on; nginx drops it unless told otherwise", "x_a");
        yield return With("a slash in a name", "x/a: b\r\n", null);
        yield return With("a nominated field beside close", "Connection: close, x-hop\r\nx-hop: 1\r\n", null, "x-hop");
        yield return With("Keep-Alive", "Keep-Alive: timeout=5\r\n", null, "Keep-Alive");
        yield return With(
            "Proxy-Connection", "Proxy-Connection: keep-alive\r\n", "hop by hop by habit: ends here; nginx passes it",
            "Proxy-Connection");
        yield return With("TE: trailers", "TE: trailers\r\n", null, "TE");
        yield return With("Upgrade without Connection", "Upgrade: websocket\r\n", null, "Upgrade");
        yield return With("Upgrade: h2c", "Upgrade: h2c\r\n", null, "Upgrade");
        yield return With("Range", "Range: bytes=0-1\r\n", null, "Range");
        yield return With("If-Range without Range", "If-Range: \"x\"\r\n", null, "If-Range");
        yield return With("Accept-Encoding", "Accept-Encoding: gzip, br\r\n", null, "Accept-Encoding");
        yield return With("Authorization", "Authorization: Basic dTpw\r\n", null, "Authorization");
        yield return With("a Cookie twice", "Cookie: a=1\r\nCookie: b=2\r\n", OneLine, "Cookie");
        yield return With(
            "x-forwarded-for", "X-Forwarded-For: 9.9.9.9\r\n", "a stranger's claim is replaced; nginx passes it", "X-Forwarded-For");
        yield return With("a value of 7,000 bytes", $"x-a: {new string('a', 7000)}\r\n", null, "x-a");
        yield return With(
            "a head of 40,000 bytes", string.Concat(Enumerable.Range(0, 5).Select(i => $"x-{i}: {new string('a', 7990)}\r\n")),
            "431 (RFC 6585); nginx says 400");
        yield return With("99 fields", string.Concat(Enumerable.Range(0, 97).Select(i => $"x-{i}: 1\r\n")), null, "x-96");
    }

    private static IEnumerable<Oddity> Answers()
    {
        yield return Answered(
            "103 before the answer", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            OneXx);
        yield return Answered(
            "100 before the answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", OneXx);
        yield return Answered("204", "HTTP/1.1 204 No Content\r\n\r\n");
        yield return Answered("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
        yield return Answered("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\n", null, "ETag");
        yield return Answered("a body until the end", "HTTP/1.1 200 OK\r\n\r\nok");
        yield return Answered("an answer of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        yield return Answered("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        yield return Answered("no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok");
        yield return Answered("status 299", "HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok");
        yield return Answered("status 418", "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 2\r\n\r\nok");
        yield return Answered("status 599", "HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok");
        yield return Answered("status 999", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok");
        yield return Answered("status 99", "HTTP/1.1 99 Odd\r\nContent-Length: 2\r\n\r\nok", "no status of RFC 9110 15: 502");
        yield return Answered("no status line", "hello\r\n\r\n", "nginx takes it for HTTP/0.9; we say 502");
        yield return Answered(
            "length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        yield return Answered(
            "a length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
            "the client library refuses it; nginx takes the two for one");
        yield return Answered(
            "bytes above 7F",
            "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"\u00c5\u00bd\u00e9.pdf\"\r\nContent-Length: 2\r\n\r\nok",
            null, "Content-Disposition");
        yield return Answered(
            "cookies", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok", null, "Set-Cookie");
        yield return Answered(
            "a relative Location", "HTTP/1.1 302 Found\r\nLocation: /x?y\r\nContent-Length: 0\r\n\r\n", null, "Location");
        yield return Answered(
            "Server", "HTTP/1.1 200 OK\r\nServer: own\r\nContent-Length: 2\r\n\r\nok",
            "the upstream's name is passed on; nginx puts its own", "Server");
        yield return Answered(
            "Date", "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok",
            "the upstream's date is passed on; nginx puts its own", "Date");
        yield return Answered(
            "X-Accel-Redirect", "HTTP/1.1 200 OK\r\nX-Accel-Expires: 0\r\nContent-Length: 2\r\n\r\nok",
            "an order to nginx, and nothing to us", "X-Accel-Expires");
        yield return Answered(
            "a nominated field", "HTTP/1.1 200 OK\r\nConnection: x-hop\r\nx-hop: 1\r\nContent-Length: 2\r\n\r\nok",
            "nominated fields end here (RFC 9110 7.6.1); nginx passes them", "x-hop");
        yield return Answered("a head without an end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
        yield return Answered("nothing", "", "an idempotent request is sent again, at most three times; nginx asks once");
        yield return Answered(
            "nothing to a POST", "") with
        { Request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" };
        yield return Answered(
            "101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    }

    private static Oddity Of(string name, string line, string? why = null) =>
        new(name, $"{line}\r\nHost: h\r\nConnection: close\r\n\r\n", [], why);

    private static Oddity Raw(string name, string request, string? why = null) => new(name, request, [], why);

    private static Oddity Post(string name, string fields, string body, string? why = null) =>
        new(name, $"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{fields}\r\n{body}", [], why);

    private static Oddity With(string name, string fields, string? why, params string[] shown)
    {
        var close = fields.StartsWith("Connection", StringComparison.Ordinal) ? "" : "Connection: close\r\n";
        return new Oddity(name, $"GET / HTTP/1.1\r\nHost: h\r\n{close}{fields}\r\n", shown, why);
    }

    private static Oddity Answered(string name, string answer, string? why = null, params string[] returned) =>
        new($"answer: {name}", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", [], why) { Answer = answer, Returned = returned };
}
