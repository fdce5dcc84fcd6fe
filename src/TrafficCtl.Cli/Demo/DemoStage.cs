using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon;

namespace TrafficCtl.Cli.Demo;

/// <summary>A daemon that serves v1, with what the demonstration knows of it.</summary>
internal sealed class DemoStage : IAsyncDisposable
{
    private readonly AdminClient client;

    private DemoStage(Profile profile, DaemonHost host, string file, IDemoView view, TimeProvider clock)
    {
        (Profile, Host, File) = (profile, host, file);
        Expected = Expectation.Of(profile);
        client = new AdminClient(host.Admin, clock);
        Admin = new PatientAdmin(client, view, clock);
        Began = clock.GetTimestamp();
    }

    public Profile Profile { get; }

    public Expectation Expected { get; }

    public DaemonHost Host { get; }

    /// <summary>Its delivery file.</summary>
    public string File { get; }

    public PatientAdmin Admin { get; }

    /// <summary>A timestamp of the clock.</summary>
    public long Began { get; }

    /// <param name="attempt">Each has a data directory of its own.</param>
    /// <exception cref="Failure">The daemon refused to start.</exception>
    public static async Task<DemoStage> StartAsync(
        Profile profile, DemoFolder folder, int attempt, IDemoView view, Uri v1, TimeProvider clock, CancellationToken stop)
    {
        var file = folder.File("demo.yaml");
        await DemoFile.WriteAsync(file, DemoFile.Text(profile, v1, null), stop);
        var host = await DemoDaemon.StartAsync(file, folder.File($"data-{attempt}"), folder.Log, clock, stop);
        return new DemoStage(profile, host, file, view, clock);
    }

    /// <summary>Until v1 has been alone for long enough.</summary>
    public async Task WaitAsync(ILoad load, IDemoView view, TimeProvider clock, CancellationToken stop)
    {
        for (var left = Profile.StableOnly; left > TimeSpan.Zero; left = Profile.StableOnly - clock.GetElapsedTime(Began))
        {
            var status = await Admin.AskAsync(admin => admin.GetServiceAsync(DemoFile.Service, stop), stop);
            view.Show(status, load.Latest, $"v1 alone for {PrintedUnits.Left(left)} more");
            await Task.Delay(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), clock, stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await Host.DisposeAsync();
    }
}
