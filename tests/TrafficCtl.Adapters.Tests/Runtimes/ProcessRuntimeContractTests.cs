using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Runtimes;

public sealed class ProcessRuntimeContractTests : RuntimeContract, IAsyncLifetime
{
    private readonly ProcessHost host = new();
    private bool isOpen;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private protected override async Task<IRuntime> OpenAsync()
    {
        if (isOpen) await host.DieAsync();
        isOpen = true;
        return await host.OpenAsync();
    }

    private protected override Task<RunnableBundle> PublishAsync(string version, Conduct conduct = Conduct.Good)
    {
        var bundle = host.Server(version, conduct switch
        {
            Conduct.Slow => "while [ -e \"$(dirname \"$0\")/slow\" ]; do sleep 0.05; done\n",
            Conduct.Dying => "exit 3\n",
            _ => "",
        });
        if (conduct == Conduct.Slow) File.WriteAllText(host.In(version, "slow"), "");
        return Task.FromResult(bundle);
    }

    private protected override Task ReleaseAsync(string version)
    {
        File.Delete(host.In(version, "slow"));
        return Task.CompletedTask;
    }

    private protected override Task BreakAsync(string version)
    {
        File.WriteAllText(host.In(version, "sick"), "");
        return Task.CompletedTask;
    }
}
