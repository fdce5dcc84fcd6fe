using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.OpenApi;

/// <summary>curl asks every operation of <c>/openapi.json</c>: a new route is asked as soon as it is mapped.</summary>
public sealed class CurlTests
{
    private const string Curl = "/usr/bin/curl";

    /// <summary>A body of each message that operations take; a new one needs a line here.</summary>
    private static readonly IReadOnlyDictionary<string, string> Bodies = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["MakeWishRequest"] = """{"kind":"pause","reason":"lunch"}""",
        ["PublishRequest"] = $$"""{"version":"v9","digest":"sha256:{{new string('a', 64)}}"}""",
        ["MakeOrderRequest"] = """{"kind":"stop-the-line","reason":"lunch"}""",
        ["MeasuredWindow"] = """{"t":5,"arm":"stable","requests":10,"errors":0}""",
    };

    [Fact]
    public async Task Every_operation_answers_as_it_is_described()
    {
        Assert.SkipUnless(File.Exists(Curl), "no curl here");
        await using var host = await ApiHost.StartAsync(Example.Active());
        var document = JsonNode.Parse(await host.Http.GetStringAsync("/openapi.json"))!;
        var schemas = document["components"]!["schemas"]!.AsObject();
        var asked = 0;
        foreach (var (path, verbs) in document["paths"]!.AsObject())
        {
            foreach (var (verb, operation) in verbs!.AsObject())
            {
                var (mediaType, described) = operation!["responses"]!["200"]!["content"]!.AsObject().Single();
                var (status, type, body) = await AskAsync(
                    host.Http.BaseAddress!, path, verb, operation["requestBody"]?["content"]?.AsObject(), mediaType);
                Assert.True((200, mediaType) == (status, type), $"{verb} {path}: {status} {type}: {body}");
                Assert.Empty(OpenApiTests.Differences(JsonNode.Parse(body), described!["schema"]!.AsObject(), schemas, $"{verb} {path}"));
                asked++;
            }
        }

        Assert.True(asked >= 20, $"{asked} operations");
    }

    /// <returns>The status, the media type, and the first object of the body.</returns>
    private static async Task<(int Status, string MediaType, string Body)> AskAsync(
        Uri address, string path, string verb, JsonObject? content, string expected)
    {
        var url = new Uri(address, path.Replace("{service}", "checkout", StringComparison.Ordinal)
            .Replace("{environment}", "default", StringComparison.Ordinal).Replace("{target}", "default", StringComparison.Ordinal));
        var start = new ProcessStartInfo(Curl)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-sS", "-N", "--max-time", "60", "-D", "-", "-X", verb.ToUpperInvariant(), url.ToString()])
            start.ArgumentList.Add(argument);
        if (content is not null)
        {
            var (mediaType, of) = content.Single();
            var name = ((string)of!["schema"]!["$ref"]!).Split('/')[^1];
            Assert.True(Bodies.TryGetValue(name, out var body), $"{verb} {path} takes a {name}: say above what one looks like");
            foreach (var argument in (string[])["-H", $"content-type: {mediaType}", "--data-binary", body])
                start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        try
        {
            return await ReadAsync(process.StandardOutput, isStream: expected == "text/event-stream");
        }
        finally
        {
            process.Kill(); // A watch goes on.
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(int Status, string MediaType, string Body)> ReadAsync(StreamReader output, bool isStream)
    {
        var status = int.Parse((await output.ReadLineAsync())!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        var mediaType = "";
        while (await output.ReadLineAsync() is { Length: > 0 } header)
            if (header.StartsWith("content-type:", StringComparison.OrdinalIgnoreCase)) mediaType = header.Split(':', ';')[1].Trim();
        if (!isStream || status != 200) return (status, mediaType, (await output.ReadToEndAsync()).Split('\n')[0]);
        while (await output.ReadLineAsync() is { } line)
            if (line.StartsWith("data:", StringComparison.Ordinal)) return (status, mediaType, line["data:".Length..]);
        return (status, mediaType, "");
    }
}
