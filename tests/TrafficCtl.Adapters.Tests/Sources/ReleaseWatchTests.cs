using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Sources;
using TrafficCtl.Adapters.Tests.Storage;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Sources;

public sealed class ReleaseWatchTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly ManualClock clock = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task What_is_complete_is_published_and_found_again_after_a_restart_without_another_record()
    {
        Complete("v1", "program");
        using var store = TestStore.Open(directory.Database);
        await Watch(store).LookAsync(default);
        await Watch(store).LookAsync(default);
        var published = Assert.Single(await store.PublicationsAsync("shop", default));
        Assert.Equal(("v1", directory.File("releases/v1/shop")), (published.Version, published.Artifact));
        Assert.False(published.IsAuthorVerified);
    }

    [Fact]
    public async Task A_version_that_changed_after_its_publication_is_reported_and_what_was_recorded_stands()
    {
        Complete("v1", "program");
        using var store = TestStore.Open(directory.Database);
        var watch = Watch(store);
        await watch.LookAsync(default);
        Assert.Empty(watch.Warnings);
        var before = Assert.Single(await store.PublicationsAsync("shop", default));
        Complete("v1", "another program");
        await watch.LookAsync(default);
        var warning = Assert.Single(watch.Warnings);
        Assert.Contains($"and was published as {before.Digest}; a version never changes", warning, StringComparison.Ordinal);
        Assert.Equal([before], (await store.PublicationsAsync("shop", default)).AsEnumerable());
        Complete("v1", "program");
        await watch.LookAsync(default);
        Assert.Empty(watch.Warnings);
    }

    [Fact]
    public async Task What_a_store_could_not_record_is_recorded_later()
    {
        Complete("v1", "program");
        using var store = TestStore.Open(directory.Database);
        var failing = new FailingOnce(store);
        var watch = Watch(failing);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => watch.LookAsync(default));
        Assert.Empty(await store.PublicationsAsync("shop", default));
        await watch.LookAsync(default);
        Assert.Single(await store.PublicationsAsync("shop", default));
    }

    private ReleaseWatch Watch(IPublications store) => new(
        "shop", new ReleaseFolder(ArtifactPattern.Parse("releases/{version}/shop", directory.Path).Pattern!, clock), store, clock,
        NullLogger.Instance);

    private void Complete(string version, string program)
    {
        directory.Write($"releases/{version}/shop", program);
        directory.Write($"releases/{version}/.complete", "");
    }

    private sealed class FailingOnce(IPublications store) : IPublications
    {
        private bool hasFailed;

        public ValueTask<PublicationOutcome> PublishAsync(Publication publication, CancellationToken stop)
        {
            if (hasFailed) return store.PublishAsync(publication, stop);
            hasFailed = true;
            throw new StoreUnavailableException("the store is full");
        }

        public ValueTask<ImmutableArray<Publication>> PublicationsAsync(string service, CancellationToken stop) =>
            store.PublicationsAsync(service, stop);
    }
}
