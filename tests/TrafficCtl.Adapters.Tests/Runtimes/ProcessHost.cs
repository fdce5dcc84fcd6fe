using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Runtimes;
using TrafficCtl.Adapters.Runtimes.Processes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Adapters.Tests.Runtimes;

/// <summary>Real processes of a temporary directory: artifacts, the runtime's own files, and what is left of them at the end.</summary>
internal sealed class ProcessHost : IAsyncDisposable
{
    public static readonly TargetKey Shop = new("shop", "prod");

    private readonly TemporaryDirectory directory = new();
    private readonly CancellationTokenSource ending = new();
    private readonly List<(ProcessRuntime Runtime, Task Running)> opened = [];

    public ProcessHost() => Settings = Defaults(directory.Path);

    public ProcessSettings Settings { get; set; }

    public string Home => HomeIn(directory.Path);

    public string Releases => directory.File("releases");

    /// <summary>Patience of tests: what takes seconds in earnest takes a part of one.</summary>
    public static ProcessSettings Defaults(string root) => new()
    {
        Command = CommandTemplate.Parse("{artifact} --urls http://127.0.0.1:{port}").Command!,
        ArtifactFolder = Path.Combine(root, "releases"),
        Health = new HealthSettings("/healthz", TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5)),
        StartTimeout = TimeSpan.FromMinutes(1),
        StopTimeout = TimeSpan.FromSeconds(5),
        DrainTimeout = TimeSpan.FromMinutes(2),
        FirstBackOff = TimeSpan.FromMilliseconds(50),
        LongestBackOff = TimeSpan.FromMilliseconds(200),
        FailuresUntilReported = 3,
    };

    public static string HomeIn(string root) => Path.Combine(root, "runtime");

    /// <summary>As a daemon that was just started.</summary>
    public async Task<ProcessRuntime> OpenAsync()
    {
        var runtime = await ProcessRuntime.OpenAsync(Home, _ => Settings, TimeProvider.System, NullLogger.Instance, default);
        opened.Add((runtime, runtime.RunAsync(ending.Token)));
        return runtime;
    }

    /// <summary>Ends the newest runtime, as the death of its daemon does: nothing else is ended.</summary>
    public async Task DieAsync()
    {
        var (runtime, _) = opened[^1];
        await runtime.DisposeAsync();
    }

    /// <summary>A version that is a script.</summary>
    public RunnableBundle Script(string version, string text)
    {
        Directory.CreateDirectory(Releases);
        var path = directory.Script(Path.Combine("releases", version, "app"), text);
        return new RunnableBundle($"id-of-{version}", version, path);
    }

    /// <summary>A version that is a server.</summary>
    public RunnableBundle Server(string version, string before = "") =>
        Script(version, before + $"exec env {ChildProcess.AsRole(ChildProcess.WorkloadRole, Path.Combine(Releases, version))} \"$@\"\n");

    public string In(string version, string name) => Path.Combine(Releases, version, name);

    public string FilesOf(string slot) => Path.Combine(Home, $"shop@prod@default@{slot}");

    public SlotRecord Record(string slot) => SlotRecord.Read(File.ReadAllBytes(Path.Combine(FilesOf(slot), "record.json")));

    public void Write(SlotRecord record) => File.WriteAllBytes(Path.Combine(FilesOf(record.Slot), "record.json"), record.Write());

    /// <summary>Everything that runs of this runtime, by what it has in its environment or as its lock.</summary>
    public IReadOnlyList<int> Alive() => AliveIn(Home);

    public static IReadOnlyList<int> AliveIn(string home)
    {
        var file = Path.Combine(home, "owner");
        if (!File.Exists(file)) return [];
        var owner = File.ReadAllText(file);
        return
        [
            .. ProcessTable.All().Where(p =>
                ProcessTable.FindVariable(p.Id, SlotProcess.Variable)?.StartsWith(owner + ":", StringComparison.Ordinal) == true
                || ProcessTable.FindHandle(p.Id, Spawning.LockHandle)?.StartsWith(home + "/", StringComparison.Ordinal) == true)
                .Select(static p => p.Id),
        ];
    }

    public static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }

    public static void Kill(int process)
    {
        if (ProcessTable.Find(process) is { } found) ProcessTable.Signal(found, Libc.SigKill);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        foreach (var (runtime, running) in opened)
        {
            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
                // Stopped, as asked.
            }
        }

        if (opened.Count > 0) await opened[^1].Runtime.DisposeAsync();
        await Eventually.TrueAsync(
            () =>
            {
                foreach (var process in Alive()) Kill(process);
                return Alive().Count == 0;
            },
            "everything that the test started is gone");
        ending.Dispose();
        directory.Dispose();
    }
}
