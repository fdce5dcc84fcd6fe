using System.Net;
using System.Net.Http.Headers;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class SecurityHeadersTests
{
    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["X-Content-Type-Options"] = "nosniff",
        ["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'",
        ["X-Frame-Options"] = "DENY",
        ["Referrer-Policy"] = "no-referrer",
        ["Cross-Origin-Resource-Policy"] = "same-origin",
    };

    [Theory]
    [InlineData("GET", "/healthz")]
    [InlineData("GET", "/readyz")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/openapi.json")]
    [InlineData("GET", "/v1/services")]
    [InlineData("GET", "/v1/services/checkout")]
    [InlineData("GET", "/v1/services/chekout")]
    [InlineData("GET", "/v1/services/checkout/watch")]
    [InlineData("POST", "/v1/services/checkout/wishes")]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("GET", "/")]
    [InlineData("GET", "/ui")]
    [InlineData("DELETE", "/healthz")]
    [InlineData("OPTIONS", "/v1/services")]
    [InlineData("POST", "/trafficctl.v1.Rollouts/MakeWish")]
    public async Task Stand_on_every_answer(string method, string path)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        foreach (var (name, value) in Expected) Assert.Equal(value, Assert.Single(answer.Headers.GetValues(name)));
        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Theory]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc-web-text")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task No_page_makes_a_wish_by_a_gRPC_route(string mediaType)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
            foreach (var origin in (string?[])[null, "https://evil.example"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/trafficctl.v1.Rollouts/MakeWish")
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    // A frame of MakeWishRequest { service: checkout, kind: abort }.
                    Content = new ByteArrayContent([0, 0, 0, 0, 17, 10, 8, .. "checkout"u8, 18, 5, .. "abort"u8])
                    {
                        Headers = { ContentType = MediaTypeHeaderValue.Parse(mediaType) },
                    },
                };
                if (origin is not null) request.Headers.Add("Origin", origin);
                using var answer = await host.Http.SendAsync(request);
                Assert.True(
                    answer.StatusCode is HttpStatusCode.UnsupportedMediaType or HttpStatusCode.Forbidden, $"{answer.StatusCode}");
            }

        Assert.Empty(host.Wished);
    }

    [Theory]
    [InlineData("/v1/services/checkout/wishes")]
    [InlineData("/trafficctl.v1.Rollouts/MakeWish")]
    public async Task No_preflight_is_granted(string path)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", "https://evil.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type,x-grpc-web");
        using var answer = await host.Http.SendAsync(request);
        Assert.False(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        Assert.DoesNotContain(
            answer.Headers, static h => h.Key.StartsWith("Access-Control-Allow", StringComparison.OrdinalIgnoreCase));
    }
}
