using System.Collections.Concurrent;
using System.Globalization;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Promotion;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>The daemon of a demonstrated pipeline, its releases, and its users.</summary>
internal sealed class PipelineScene : IPipelineScene, IAsyncDisposable
{
    /// <summary>Where users are, as <c>environment[/target]</c>.</summary>
    private static readonly (string Environment, string Target)[] WithUsers = [("staging", ""), ("prod", "eu"), ("prod", "us")];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), Pause = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<(string Environment, string Target), bool> cutOff = new();
    private readonly List<(Child Child, LoadWatch Watch)> loads = [];
    private readonly HashSet<string> approved = new(StringComparer.Ordinal);
    private readonly PipelinePace pace;
    private readonly PipelineFiles files;
    private readonly string data;
    private readonly TimeProvider clock;
    private DaemonHost? host;
    private AdminClient? client;

    private PipelineScene(PipelinePace pace, PipelineFiles files, string data, TimeProvider clock) =>
        (this.pace, this.files, this.data, this.clock) = (pace, files, data, clock);

    /// <summary>The first thing that must never be, once it was seen.</summary>
    public string? Wrong { get; private set; }

    public VisitorCounts Load => VisitorCounts.Of(loads.Select(static l => l.Watch.Latest));

    private DaemonHost Host => host ?? throw new InvalidOperationException("The scene is not open.");

    private AdminClient Client => client ?? throw new InvalidOperationException("The scene is not open.");

    /// <exception cref="Failure">The daemon refused to start.</exception>
    public static async Task<PipelineScene> OpenAsync(PipelinePace pace, DemoFolder folder, TimeProvider clock, CancellationToken stop)
    {
        var written = new PipelineFiles(folder.Path);
        await written.WriteAsync(pace, stop);
        var scene = new PipelineScene(pace, written, folder.File("data"), clock);
        scene.host = await DemoDaemon.StartAsync(
            written.Delivery, scene.data, folder.Log, clock, stop,
            (environment, target) => scene.cutOff.ContainsKey((environment, target)));
        scene.client = new AdminClient(scene.host.Admin, clock);
        return scene;
    }

    public Task ReleaseAsync(string version, double errors, bool isBroken, CancellationToken stop) =>
        files.ReleaseAsync(version, errors, isBroken, stop);

    public async Task SendLoadAsync(CancellationToken stop)
    {
        foreach (var (environment, target) in WithUsers)
        {
            var child = Child.Start(LoadProcess.Name, PipelinePace.Users.ToString(CultureInfo.InvariantCulture));
            var watch = new LoadWatch(child);
            loads.Add((child, watch));
            await watch.BeginAsync(Host.AddressOf(PipelineFiles.Service, environment, target), pace.Rate, stop);
        }
    }

    public void CutOff(string environment, string target, bool isCutOff)
    {
        if (isCutOff) cutOff[(environment, target)] = true;
        else cutOff.TryRemove((environment, target), out _);
    }

    public async Task ApproveAsync(string version, string environment, CancellationToken stop)
    {
        approved.Add(version);
        var order = new MakeOrderRequest
        {
            Service = PipelineFiles.Service,
            Kind = "approve",
            Environment = environment,
            Version = version,
            Who = "release-manager",
            Reason = "staging has had it without an error",
        };
        var answer = await AskAsync(client => client.Pipelines.OrderAsync(order, stop), stop);
        if (!answer.Accepted) throw new Failure("the approval was refused", version, answer.Answer);
    }

    public async Task<PipelineStatus> LookAsync(CancellationToken stop)
    {
        var pipeline = await AskAsync(client => client.Pipelines.GetAsync(PipelineFiles.Service, stop), stop);
        Wrong ??= PipelineStory.FindWrong(pipeline, approved);
        return pipeline;
    }

    /// <summary>The daemon is known to live: an answer that comes late, or before its first round, is asked for again.</summary>
    private async Task<T> AskAsync<T>(Func<AdminClient, Task<T>> ask, CancellationToken stop)
    {
        for (var since = clock.GetTimestamp(); ;)
        {
            try
            {
                return await ask(Client);
            }
            catch (Failure) when (clock.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, clock, stop);
            }
        }
    }

    /// <summary>Ends the users.</summary>
    /// <returns>What the users got.</returns>
    public async Task<VisitorCounts> EndAsync(CancellationToken stop)
    {
        var reports = new List<LoadReport>();
        foreach (var (_, watch) in loads) reports.Add(await watch.EndAsync(stop));
        return VisitorCounts.Of(reports);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (child, _) in loads) await child.DisposeAsync();
        client?.Dispose();
        if (host is null) return;
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
        // The versions outlive a daemon: here nobody comes back for them.
        try
        {
            await LeftVersions.StopAsync(data, clock, CancellationToken.None);
        }
        catch (DaemonRefusedException refused)
        {
            throw new Failure("versions of the demonstration run on", data, string.Join("; ", refused.Problems));
        }
    }
}
