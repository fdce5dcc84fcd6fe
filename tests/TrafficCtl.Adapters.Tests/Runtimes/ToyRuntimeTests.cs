using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Runtimes;

/// <summary>What a new runtime takes, and that the contract can be met by a few lines.</summary>
public sealed class ToyRuntimeTests : RuntimeContract
{
    private readonly ToyPlace place = new();

    [Fact]
    public void What_the_page_for_contributors_shows_of_a_new_runtime_is_what_these_tests_compile()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "contributing.md"));
        var file = File.ReadAllText(Path.Combine(
            Repository.Root, "tests", "TrafficCtl.Adapters.Tests", "Runtimes", "ToyRuntime.cs"));
        Assert.Contains(
            file[file.IndexOf("internal sealed class ToyRuntime", StringComparison.Ordinal)..].TrimEnd(), page, StringComparison.Ordinal);
    }

    private protected override Task<IRuntime> OpenAsync() => Task.FromResult<IRuntime>(new ToyRuntime(place));

    private protected override Task<RunnableBundle> PublishAsync(string version, Conduct conduct = Conduct.Good)
    {
        place.Versions[version] = conduct switch
        {
            Conduct.Slow => (SlotPhase.Starting, "no probe has been good yet"),
            Conduct.Dying => (SlotPhase.BackingOff, "it ended with exit code 3"),
            _ => null,
        };
        return Task.FromResult(new RunnableBundle($"id-of-{version}", version));
    }

    private protected override Task ReleaseAsync(string version)
    {
        place.Versions[version] = null;
        return Task.CompletedTask;
    }

    private protected override Task BreakAsync(string version)
    {
        place.Versions[version] = (SlotPhase.Unhealthy, "its probe answered 503");
        return Task.CompletedTask;
    }
}
