using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Limits;

public sealed class LimitCountsTests
{
    [Fact]
    public void Everything_is_counted_and_one_line_a_minute_is_logged()
    {
        var clock = new ManualClock();
        using var said = new SaidLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(said));
        using var counts = new LimitCounts(clock, loggers.CreateLogger<LimitCounts>());

        for (var i = 0; i < 1000; i++) counts.Count(i % 4 == 0 ? LimitKind.SlowBody : LimitKind.Rate, $"caller {i}");
        Assert.Equal((750, 250), (counts.Of(LimitKind.Rate), counts.Of(LimitKind.SlowBody)));
        Assert.Equal([Line("1 by slow-body", "caller 0")], said.Lines);

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([Line("1 by slow-body", "caller 0"), Line("750 by rate, 249 by slow-body", "caller 999")], said.Lines);

        // Quiet for a minute; after that the next one is news again.
        clock.Advance(TimeSpan.FromMinutes(2));
        counts.Count(LimitKind.Watches, "ci");
        Assert.Equal(Line("1 by watches", "ci"), said.Lines.Last());
        Assert.Equal(3, said.Lines.Count);

        static string Line(string what, string who) =>
            $"Limits of the admin address refused or cut calls and connections: {what}; the last was of {who}";
    }
}
