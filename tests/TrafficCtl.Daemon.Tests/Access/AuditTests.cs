using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

/// <summary>The log tells of calls that nobody known made, and cannot be filled by them.</summary>
public sealed class AuditTests
{
    [Fact]
    public void Calls_of_nobody_who_is_known_are_logged_up_to_a_rate_and_the_others_are_counted()
    {
        var clock = new ManualClock();
        using var said = new SaidLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(said));
        var audit = new Audit(clock, loggers.CreateLogger<Audit>());

        for (var i = 0; i < 10_000; i++) audit.Unknown("MakeWish", "127.0.0.1", "no token");
        Assert.Equal(20, said.Lines.Count(static line => line.Contains("may not ask for MakeWish", StringComparison.Ordinal)));

        clock.Advance(TimeSpan.FromSeconds(10));
        audit.Unknown("GetService", "127.0.0.1", "no token");
        var counted = Assert.Single(said.Lines, static line => line.Contains("more calls", StringComparison.Ordinal));
        Assert.StartsWith("9980 more calls", counted, StringComparison.Ordinal);
        Assert.Contains("may not ask for GetService", said.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_nobody_verified_says_so_once()
    {
        using var said = new SaidLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(said));
        var audit = new Audit(new ManualClock(), loggers.CreateLogger<Audit>());

        audit.Failed("checkout@prod", "ana (unverified)", "unverified", "pause", "127.0.0.1", "", "no store");
        audit.Failed("checkout@prod", "ci", "token", "pause", "127.0.0.1", "lunch", "no store");

        Assert.Equal(
            [
                "checkout@prod: ana (unverified) asked to pause from 127.0.0.1 (no reason given): failed: no store",
                "checkout@prod: ci (token) asked to pause from 127.0.0.1 (lunch): failed: no store",
            ],
            said.Lines);
    }
}
