using System.Collections.Concurrent;
using TrafficCtl.Adapters.Runtimes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Runtimes;

public sealed class StaticRuntimeTests : RuntimeContract, IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Uri> listed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly List<IAsyncDisposable> upstreams = [];
    private readonly List<StaticRuntime> runtimes = [];

    [Fact]
    public async Task Every_listed_version_is_in_a_slot_of_its_own_name()
    {
        await PublishAsync("v1", Conduct.Good);
        await PublishAsync("v2", Conduct.Dying);
        var seen = await (await OpenAsync()).ObserveAsync(Shop, default);
        Assert.Equal([("v1", SlotPhase.Serving), ("v2", SlotPhase.Unhealthy)], seen.Slots.Select(static s => (s.Slot, s.Phase)));
    }

    [Fact]
    public async Task It_starts_nothing_and_says_what_would()
    {
        var runtime = await OpenAsync();
        var status = await runtime.EnsureAsync(Shop, "candidate", new RunnableBundle("none", "v9"), default);
        Assert.Equal(
            "v9 is not listed, and not started here: its versions are started elsewhere, and only their endpoints are given; "
            + "declare runtime: { process: … }, or start the version yourself and list its endpoints under versions", status.Why);
        Assert.NotNull(runtime.Abilities.LackOf(Ability.StartVersions));
        Assert.NotNull(runtime.Abilities.LackOf(Ability.DrainVersions));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var runtime in runtimes) runtime.Dispose();
        foreach (var upstream in upstreams) await upstream.DisposeAsync();
    }

    private protected override Task<IRuntime> OpenAsync()
    {
        var runtime = new StaticRuntime(
            key => key == Shop
                ? new StaticVersions(
                    [.. listed.OrderBy(static v => v.Key, StringComparer.Ordinal).Select(static v => new VersionSpec(v.Key, [v.Value]))],
                    new HealthSettings("/healthz"))
                : null,
            TimeProvider.System);
        runtimes.Add(runtime);
        return Task.FromResult<IRuntime>(runtime);
    }

    private protected override async Task<RunnableBundle> PublishAsync(string version, Conduct conduct = Conduct.Good)
    {
        if (conduct == Conduct.Dying)
        {
            listed[version] = FreePort.Address();
        }
        else
        {
            answers[version] = conduct == Conduct.Slow ? 503 : 200;
            var upstream = await Upstream.StartAsync(context =>
            {
                context.Response.StatusCode = answers[version];
                return Task.CompletedTask;
            });
            upstreams.Add(upstream);
            listed[version] = upstream.Address;
        }

        return new RunnableBundle(new VersionSpec(version, [listed[version]]).Fingerprint, version);
    }

    private protected override Task ReleaseAsync(string version)
    {
        answers[version] = 200;
        return Task.CompletedTask;
    }

    private protected override Task BreakAsync(string version)
    {
        answers[version] = 500;
        return Task.CompletedTask;
    }
}
