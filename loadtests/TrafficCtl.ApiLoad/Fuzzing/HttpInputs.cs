using System.Globalization;
using System.Text;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>Requests of HTTP/1.1: every route, with odd paths, queries, headers and bodies, and broken bytes.</summary>
internal static class HttpInputs
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    private static readonly string[] Targets =
        ["/v1/services/shop", "/v1/services/shop/environments/default", "/v1/services/shop/environments/default/targets/default"];

    private static readonly string[] Routes =
    [
        "/v1/services", "/v1/watch", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/nothing", "/",
        .. Targets, .. Targets.SelectMany(static t => (string[])[$"{t}/why", $"{t}/history", $"{t}/rollouts", $"{t}/watch", $"{t}/wishes"]),
        "/trafficctl.v1.Rollouts/MakeWish", "/grpc.health.v1.Health/Check",
    ];

    private static readonly string[] Headers =
    [
        "Host", "Origin", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Accept", "Accept-Encoding",
        "Authorization", "Cookie", "Upgrade", "HTTP2-Settings", "TE", "Range", "If-Match", "X-Forwarded-For", "Content-Encoding",
        "grpc-timeout",
    ];

    private static readonly string[] HeaderValues =
    [
        "localhost", "127.0.0.1", "evil.example", "http://evil.example", "null", "application/json", "application/grpc", "text/plain", "0",
        "-1", "99999999999", "chunked", "identity, chunked", "close", "keep-alive", "upgrade", "100-continue", "*/*", "gzip", "h2c",
        "Bearer x", "Basic eDp5", "bytes=0-1", "1n", "AAMAAABkAAQAAP__",
    ];

    private static readonly string[] Queries = ["limit", "before", "after", "rollout", "name[]", "x"];

    private static readonly string[] Kinds = ["publish", "pause", "resume", "promote", "promote-full", "abort", "retry"];

    private static readonly string[] Fields =
        ["service", "kind", "version", "who", "reason", "environment", "target", "idempotencyKey", "expectedGeneration", "colour"];

    /// <summary>The bytes of one input; a connection of its own takes them.</summary>
    public static byte[] Make(Chance chance, string token)
    {
        var request = Request(chance, token);
        var bytes = chance.OneIn(2) ? request : chance.Spoil(request);
        return chance.OneIn(20) ? [.. bytes, .. Request(chance, token)] : bytes;
    }

    private static byte[] Request(Chance chance, string token)
    {
        var route = chance.Of(Routes);
        if (chance.OneIn(4))
        {
            var parts = route.Split('/');
            parts[chance.Below(parts.Length)] = Uri.EscapeDataString(chance.Text());
            route = string.Join('/', parts);
        }

        if (chance.OneIn(8)) route += "/" + chance.Text().Replace('\n', ' ');
        if (chance.OneIn(3))
            route += "?" + string.Join('&', Enumerable.Range(0, 1 + chance.Below(4)).Select(
                _ => $"{chance.Of(Queries)}={(chance.OneIn(3) ? chance.Text().Replace('\n', ' ') : Uri.EscapeDataString(chance.Text()))}"));
        var isWish = route.Contains("wishes", StringComparison.Ordinal);
        var method = chance.OneIn(8) ? chance.Of("PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT", "get", "PRI", "")
            : isWish ? "POST" : "GET";
        var body = isWish || chance.OneIn(6) ? Body(chance) : [];
        var head = new StringBuilder();
        var version = chance.OneIn(30) ? chance.Of("1.0", "2.0", "9.9", "") : "1.1";
        head.Append(Plain, $"{method} {route} HTTP/{version}\r\n");
        if (!chance.OneIn(30)) head.Append("Host: localhost\r\n");
        if (!chance.OneIn(6)) head.Append(Plain, $"Authorization: Bearer {token}\r\n");
        var chunked = body.Length > 0 && chance.OneIn(4);
        if (body.Length > 0)
        {
            if (!chance.OneIn(8)) head.Append("Content-Type: application/json\r\n");
            if (chunked) head.Append("Transfer-Encoding: chunked\r\n");
            else head.Append(Plain, $"Content-Length: {body.Length + (chance.OneIn(15) ? chance.Below(9) - 4 : 0)}\r\n");
        }

        for (var more = chance.Below(4); more > 0; more--)
            head.Append(Plain, $"{chance.Of(Headers)}: {(chance.OneIn(3) ? chance.Text() : chance.Of(HeaderValues))}\r\n");
        if (chance.OneIn(200)) for (var many = 0; many < 150; many++) head.Append(Plain, $"x-{many}: {many}\r\n");
        if (chance.OneIn(200)) head.Append("x-long: ").Append('x', 40_000).Append("\r\n");
        if (!chance.OneIn(3)) head.Append("Connection: close\r\n");
        head.Append("\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. chunked ? Chunks(chance, body) : body];
    }

    private static byte[] Chunks(Chance chance, byte[] body)
    {
        var size = chance.OneIn(8) ? chance.Of("-1", "ffffffffffffffff", "zz", "") : body.Length.ToString("x", Plain);
        return [.. Encoding.ASCII.GetBytes($"{size}\r\n"), .. body, .. Encoding.ASCII.GetBytes(chance.OneIn(8) ? "\r\n" : "\r\n0\r\n\r\n")];
    }

    private static byte[] Body(Chance chance)
    {
        if (chance.OneIn(150)) return Encoding.UTF8.GetBytes(new string('[', 70_000));
        if (chance.OneIn(20)) return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"kind\":", 2 + chance.Below(40))));
        var json = new StringBuilder("{");
        json.Append(Plain, $"\"kind\":\"{chance.Of(Kinds)}\"");
        for (var more = chance.Below(5); more > 0; more--)
        {
            var value = chance.Below(6) switch
            {
                0 => "null",
                1 => chance.Of("1", "-1", "1e400", "9223372036854775808", "true", "[]", "{}", "[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]"),
                2 => $"\"{chance.Text()}\"",
                _ => System.Text.Json.JsonSerializer.Serialize(chance.Text()),
            };
            json.Append(Plain, $",\"{chance.Of(Fields)}\":{value}");
        }

        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }
}
