using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Snapshots;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Snapshots;

public sealed class SnapshotFileTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("trafficctl-snapshot-").FullName;
    private readonly ManualClock clock = new();
    private readonly SnapshotFile file;

    public SnapshotFileTests() => file = New();

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Writes_each_change_of_a_few_routes_at_once()
    {
        var book = BookOf(SnapshotFile.Small);
        for (var i = 0; i < 10; i++) Change(book, i);
        Assert.Equal((10, true), (file.Writes, file.IsSaved(book)));
    }

    /// <summary>Each write holds all routes: 1,000 writes of a round would be a million routes.</summary>
    [Fact]
    public void Writes_the_changes_of_a_round_of_many_services_together()
    {
        var book = BookOf(1_000);
        for (var i = 0; i < 1_000; i++) Change(book, i);
        Assert.Equal((1, false), (file.Writes, file.IsSaved(book)));

        file.SaveRest(book);
        Assert.Equal((2, true), (file.Writes, file.IsSaved(book)));
        Assert.All(New().Load(), static last => Assert.Equal(2, last.Route.Generation));
    }

    [Fact]
    public void A_change_some_time_after_the_last_write_is_written_at_once()
    {
        var book = BookOf(1_000);
        Change(book, 0);
        clock.Advance(SnapshotFile.Pause);
        Change(book, 1);
        Assert.Equal((2, true), (file.Writes, file.IsSaved(book)));
    }

    /// <summary>A process that is killed then would begin by giving the candidate its traffic back.</summary>
    [Fact]
    public void Traffic_that_is_taken_from_a_candidate_waits_for_no_other_write()
    {
        var book = BookOf(1_000);
        Change(book, 0);
        Change(book, 1, isWithdrawn: true);
        Assert.Equal((2, true), (file.Writes, file.IsSaved(book)));

        // Each write holds all routes: where all services withdraw at once, most of them are written together.
        for (var i = 2; i < 1_000; i++) Change(book, i, isWithdrawn: true);
        Assert.Equal((1 + SnapshotFile.MostAtOnce, false), (file.Writes, file.IsSaved(book)));
        file.SaveRest(book);
        Change(book, 0, isWithdrawn: true);
        Assert.Equal((3 + SnapshotFile.MostAtOnce, true), (file.Writes, file.IsSaved(book)));
    }

    [Fact]
    public void Reads_the_routes_of_ten_thousand_services_again()
    {
        var book = BookOf(10_000);
        file.SaveRest(Changed(book));
        Assert.Equal(10_000, New().Load().Length);
        Assert.InRange(new FileInfo(Path.Combine(directory, "snapshot.json")).Length, 1, SnapshotDocument.MostBytes / 10);
    }

    private SnapshotFile New() => new(directory, clock, new ListLog());

    private static KnownRoutes BookOf(int count) => new(Enumerable.Range(0, count).Select(i => new LastRoute(
        new ServiceRoute(Keys.Of($"service-{i}"), 1, "v1", "v2", $"service-{i}-default-1", Exposure.Of(Weights.OfCandidate(500))),
        [new Uri($"http://10.0.0.1:{1 + i}/")])));

    private static KnownRoutes Changed(KnownRoutes book)
    {
        var last = book.Routes[Keys.Of("service-0")];
        book.Set(last.Route with { Generation = 2 }, Bench.SpecOf("v1", "v2") with { Service = "service-0" });
        return book;
    }

    private void Change(KnownRoutes book, int service, bool isWithdrawn = false)
    {
        var last = book.Routes[Keys.Of($"service-{service}")];
        var next = last.Route.Generation + 1;
        book.Set(last.Route with { Generation = next }, Bench.SpecOf("v1", "v2") with { Service = $"service-{service}" });
        file.SaveSoon(book, isWithdrawn);
    }
}
