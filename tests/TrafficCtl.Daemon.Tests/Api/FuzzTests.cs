using Microsoft.Extensions.Logging;
using TrafficCtl.ApiLoad.Fuzzing;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Daemon.Tests.Hosting;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>The short form of <c>loadtests/fuzz</c>.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Seed = 20260101, Inputs = 1500;

    private static readonly string[] Faults = ["nhandled exception", "service method"];

    [Theory]
    [InlineData("HTTP")]
    [InlineData("messages")]
    [InlineData("frames")]
    public async Task Odd_input_has_an_answer_or_an_end_and_is_no_fault_of_the_server(string kind)
    {
        using var said = new SaidLines();
        await using var daemon = await RealDaemon.PrepareAsync();
        daemon.Deliver("v1", "v1 v2");
        var (kept, token) = Token.Make("fuzz", new Grant(Role.Admin), TimeProvider.System.GetUtcNow(), null);
        TokenListFile.Write(Path.Combine(daemon.Data, TokenListFile.Name), [kept]);
        var limits = new AdminLimits { CallBurst = 10 * Inputs, WishBurst = 10 * Inputs, AbortBurst = 10 * Inputs };
        await using var host = await DaemonHost.StartAsync(
            daemon.Options with { AdminLimits = limits, Logging = logging => logging.AddProvider(said) }, default);

        var run = new FuzzRun(host.Admin, token, Seed, bound: TimeSpan.FromMinutes(2));
        var report = await (kind switch
        {
            "HTTP" => run.HttpAsync(Inputs),
            "messages" => run.MessagesAsync(Inputs),
            _ => run.FramesAsync(Inputs),
        });

        output.WriteLine(report.ToString());
        Assert.Equal(Inputs, report.Inputs);
        Assert.Empty(report.Bad);
        Assert.DoesNotContain(said.Lines, static line => Faults.Any(f => line.Contains(f, StringComparison.Ordinal)));
        using var client = new HttpClient { BaseAddress = host.Admin };
        Assert.Equal("ready\n", await client.GetStringAsync("/readyz"));
    }
}
