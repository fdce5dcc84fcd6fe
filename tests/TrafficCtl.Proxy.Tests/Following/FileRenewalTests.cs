using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.Proxy.Upstreams;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Following;

public sealed class FileRenewalTests
{
    [Fact]
    public async Task A_change_that_could_not_be_put_in_force_is_tried_again_until_it_is()
    {
        using var files = new CertificateFiles("first");
        var clock = new ManualClock();
        var followed = new FollowedTls("checkout", new UpstreamTls { Authorities = files.Files.Cert });
        int tries = 0, polls = 0;
        using var renewal = new FileRenewal(
            () => [], null,
            () =>
            {
                Interlocked.Increment(ref polls);
                return [followed];
            },
            _ => Interlocked.Increment(ref tries) < 3 ? Task.FromException(new InvalidOperationException("not now")) : Task.CompletedTask,
            static (_, _) => { }, clock, NullLogger.Instance);
        var running = renewal.RunAsync();

        files.Write("second");
        // Seen twice, refused twice, and in force at the third attempt; then nothing is owed.
        for (var poll = 1; poll <= 6; poll++)
        {
            clock.Advance(FileRenewal.Period);
            await Eventually.TrueAsync(() => Volatile.Read(ref polls) == poll, $"poll {poll}");
            var due = Math.Clamp(poll - 1, 0, 3);
            await Eventually.TrueAsync(() => Volatile.Read(ref tries) == due, $"{due} attempts after poll {poll}");
        }

        renewal.Dispose();
        await running;
    }
}
