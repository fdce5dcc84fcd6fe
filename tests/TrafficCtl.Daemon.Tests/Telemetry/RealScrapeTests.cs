using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

/// <summary>A real Prometheus scrapes a real daemon, and Prometheus' own tool checks the page.</summary>
public sealed class RealScrapeTests
{
    private const int Asked = 40;

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prometheus_reads_both_formats_with_the_same_values_and_keeps_the_exemplars()
    {
        if (RealPrometheus.Missing is { } why) Assert.Skip(why);
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        using var http = new HttpClient();
        for (var i = 0; i < Asked; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, host.AddressOf("shop"));
            request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            using var answer = await http.SendAsync(request, Stop);
            answer.EnsureSuccessStatusCode();
        }

        // It asks for OpenMetrics first; whoever asks for nothing gets the text format, so one is put between.
        await using var text = await Upstream.StartAsync(async context =>
        {
            using var page = await http.GetAsync(new Uri(host.Admin, "metrics"), context.RequestAborted);
            context.Response.ContentType = page.Content.Headers.ContentType!.ToString();
            await page.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        await using var prometheus = await RealPrometheus.StartAsync(TimeSpan.FromSeconds(1), host.Admin, text.Address);

        async Task<bool> HoldsAsync(string query, int series, double value)
        {
            var answer = JsonNode.Parse(await http.GetStringAsync(
                new Uri(prometheus.Address, $"/api/v1/query?query={Uri.EscapeDataString(query)}"), Stop))!;
            var found = answer["data"]!["result"]!.AsArray();
            return found.Count == series
                && found.All(s => double.Parse((string)s!["value"]![1]!, CultureInfo.InvariantCulture) == value);
        }

        await Eventually.TrueAsync(() => HoldsAsync("up", 2, 1), "both pages are scraped");
        await Eventually.TrueAsync(
            () => HoldsAsync("""trafficctl_proxy_requests_total{service="shop",arm="stable",outcome="success"}""", 2, Asked),
            "the requests are counted");
        await Eventually.TrueAsync(
            () => HoldsAsync("""trafficctl_proxy_request_duration_seconds_bucket{arm="stable",le="+Inf"}""", 2, Asked),
            "they are in the histogram");
        await Eventually.TrueAsync(() => HoldsAsync("trafficctl_build_info", 2, 1), "the build is known");
        await Eventually.TrueAsync(() => HoldsAsync("process_start_time_seconds > bool 0", 2, 1), "so is the process");
        var kept = JsonNode.Parse(await http.GetStringAsync(new Uri(prometheus.Address,
            "/api/v1/query_exemplars?query=trafficctl_proxy_request_duration_seconds_bucket&start=0&end=9999999999"),
            Stop))!["data"]!.AsArray();
        Assert.Contains(kept.SelectMany(s => s!["exemplars"]!.AsArray()), e =>
            (string)e!["labels"]!["trace_id"]! == "0af7651916cd43dd8448eb211c80319c");
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_the_page()
    {
        if (RealPrometheus.Missing is { } why) Assert.Skip(why);
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        await daemon.AskAsync(host);
        using var http = new HttpClient();
        var page = await http.GetStringAsync(new Uri(host.Admin, "metrics"), Stop);
        Assert.Equal((0, ""), await CheckAsync(page));
        // It does find faults.
        Assert.NotEqual((0, ""), await CheckAsync("# TYPE bad counter\nbad 1\n"));
    }

    private static async Task<(int Code, string Said)> CheckAsync(string page)
    {
        var start = new ProcessStartInfo(Path.Combine(Path.GetDirectoryName(RealPrometheus.Program)!, "promtool"), ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        using var tool = Process.Start(start)!;
        var said = Task.WhenAll(tool.StandardOutput.ReadToEndAsync(Stop), tool.StandardError.ReadToEndAsync(Stop));
        await tool.StandardInput.WriteAsync(page.AsMemory(), Stop);
        tool.StandardInput.Close();
        await tool.WaitForExitAsync(Stop);
        return (tool.ExitCode, string.Concat(await said));
    }
}
