using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using TrafficCtl.Adapters.Runtimes.Processes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Adapters.Tests.Runtimes.ProcessHost;

namespace TrafficCtl.Adapters.Tests.Runtimes;

/// <summary>Real processes that misbehave, and daemons that die beside them.</summary>
public sealed class ProcessRuntimeTests : IAsyncLifetime
{
    private readonly ProcessHost host = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_process_that_dies_at_start_is_started_again_and_then_reported()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Script("v1", "echo no configuration >&2\nexit 3\n"), default);
        var status = await SeenAsync(runtime, "a", static s => s?.Phase == SlotPhase.Failed);
        Assert.StartsWith("v1 ended with exit code 3 ", status.Why, StringComparison.Ordinal);
        Assert.Contains($"its output is in {host.FilesOf("a")}/output.log (", status.Why, StringComparison.Ordinal);
        Assert.EndsWith(" failures in a row)", status.Why, StringComparison.Ordinal);
        Assert.NotNull(status.RetryAt);
        Assert.Contains("no configuration", File.ReadAllText(host.FilesOf("a") + "/output.log"), StringComparison.Ordinal);
        await runtime.StopAsync(Shop, "a", default);
        Assert.Empty(host.Alive());
    }

    [Fact]
    public async Task A_process_that_ends_with_0_has_ended_too()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Script("v1", "exit 0\n"), default);
        var status = await SeenAsync(runtime, "a", static s => s?.Phase is SlotPhase.BackingOff or SlotPhase.Failed);
        Assert.StartsWith("v1 ended with exit code 0 ", status.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_binds_no_port_is_ended_at_its_start_timeout()
    {
        host.Settings = host.Settings with { StartTimeout = TimeSpan.FromMilliseconds(300) };
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Script("v1", "exec sleep 1000\n"), default);
        var first = host.Record("a");
        var status = await SeenAsync(runtime, "a", static s => s?.Phase is SlotPhase.BackingOff or SlotPhase.Failed);
        Assert.StartsWith(
            $"v1 was not ready within 300 ms: it does not listen on port {first.Port}; does its command use {{port}}?", status.Why,
            StringComparison.Ordinal);
        Assert.DoesNotContain(first.Process, host.Alive());
    }

    [Fact]
    public async Task A_process_that_ignores_SIGTERM_is_killed()
    {
        host.Settings = host.Settings with { StopTimeout = TimeSpan.FromMilliseconds(200) };
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Script("v1", "trap '' TERM\necho deaf\nwhile :; do sleep 0.1; done\n"), default);
        await Eventually.TrueAsync(
            () => File.ReadAllText(host.FilesOf("a") + "/output.log").Contains("deaf", StringComparison.Ordinal), "it ignores SIGTERM");
        await runtime.StopAsync(Shop, "a", default);
        Assert.Empty(host.Alive());
        Assert.Empty((await runtime.ObserveAsync(Shop, default)).Slots);
    }

    [Theory]
    [InlineData("sleep 1000 &\nsleep 1000 &\n")]
    [InlineData("setsid sleep 1000 &\n")]
    [InlineData("setsid env -i sleep 1000 &\n")]
    [InlineData("(sleep 1000 3>&- &)\n")]
    public async Task Everything_that_a_process_forked_ends_with_it(string forks)
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Script("v1", forks + "echo forked\nexec sleep 1000\n"), default);
        await Eventually.TrueAsync(() => host.Alive().Count >= 2, "it has forked");
        await runtime.StopAsync(Shop, "a", default);
        Assert.Empty(host.Alive());
    }

    [Fact]
    public async Task What_a_process_forked_ends_before_it_is_started_again()
    {
        var runtime = await host.OpenAsync();
        var bundle = host.Server("v1", "setsid sleep 1000 &\n");
        await runtime.EnsureAsync(Shop, "a", bundle, default);
        await SeenAsync(runtime, "a", static s => s is { Serves: true });
        var before = host.Record("a");
        Assert.Equal(2, host.Alive().Count);
        Kill(before.Process);
        await Eventually.TrueAsync(() => host.Record("a").Process is var now && now != 0 && now != before.Process, "it is started again");
        await SeenAsync(runtime, "a", static s => s is { Serves: true, Failures: 1 });
        Assert.Equal(2, host.Alive().Count);
        Assert.Equal(before.Port, host.Record("a").Port);
    }

    [Fact]
    public async Task Output_without_end_takes_no_more_than_its_files()
    {
        const int most = 64 * 1024;
        host.Settings = host.Settings with { LogBytes = most, LogFiles = 3 };
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(
            Shop, "a", host.Script("v1", "while :; do echo a line of some forty characters or so; done\n"), default);
        var log = host.FilesOf("a") + "/output.log";
        await Eventually.TrueAsync(() => File.Exists(log + ".2"), "two older files are kept");
        await runtime.StopAsync(Shop, "a", default);
        Assert.InRange(new FileInfo(log + ".1").Length, 1, most);
        Assert.InRange(new FileInfo(log + ".2").Length, 1, most);
        Assert.False(File.Exists(log + ".3"));
    }

    [Theory]
    [InlineData("missing", "the artifact * does not exist")]
    [InlineData("folder", "the program * is a directory, not a file")]
    [InlineData("mode", "the program * is not executable; make it so with chmod +x")]
    [InlineData("interpreter", "* cannot be started: the interpreter that its first line names does not exist")]
    [InlineData("text", "* cannot be started: it is no program of this machine (a script needs a first line such as #!/bin/sh)")]
    [InlineData("outside", "the artifact * is /*, outside *, where artifacts are to lie; it is not started")]
    public async Task What_cannot_be_started_says_so_and_nothing_runs(string fault, string expected)
    {
        var bundle = host.Script("v1", "exit 0\n");
        var path = bundle.Artifact!;
        if (fault is "missing" or "folder" or "outside") File.Delete(path);
        if (fault == "folder") Directory.CreateDirectory(path);
        if (fault == "outside") File.CreateSymbolicLink(path, "/bin/sleep");
        if (fault == "mode") SetMode(path, UnixFileMode.UserRead);
        if (fault == "interpreter") File.WriteAllText(path, "#!/nowhere/sh\n");
        if (fault == "text") File.WriteAllText(path, "exit 0\n");
        var runtime = await host.OpenAsync();
        var status = await runtime.EnsureAsync(Shop, "a", bundle, default);
        Assert.Equal(SlotPhase.Failed, status.Phase);
        Assert.Matches($"^{Regex.Escape(expected).Replace("\\*", ".+", StringComparison.Ordinal)}$", status.Why!);
        Assert.Empty(host.Alive());
    }

    [Fact]
    public async Task What_is_mended_starts_when_it_is_ensured_again()
    {
        var bundle = host.Server("v1");
        SetMode(bundle.Artifact!, UnixFileMode.UserRead);
        var runtime = await host.OpenAsync();
        Assert.Equal(SlotPhase.Failed, (await runtime.EnsureAsync(Shop, "a", bundle, default)).Phase);
        SetMode(bundle.Artifact!, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(SlotPhase.Starting, (await runtime.EnsureAsync(Shop, "a", bundle, default)).Phase);
        await SeenAsync(runtime, "a", static s => s is { Serves: true });
    }

    [Fact]
    public async Task A_process_gets_the_declared_variables_and_nothing_of_the_daemon()
    {
        Environment.SetEnvironmentVariable("SECRET_OF_THE_DAEMON", "1");
        host.Settings = host.Settings with
        {
            Command = CommandTemplate.Parse("{artifact} 'two words' \"$HOME; {version}\"").Command!,
            Variables = host.Settings.Variables.Add("LEVEL", TextTemplate.Parse("of {slot} on {port}")),
        };
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(
            Shop, "a",
            host.Script(
                "v1", "env | cut -d= -f1 | sort > names\necho \"$LEVEL|$#|$1|$2|$PWD\" > seen\nmv seen done\nexec sleep 1000\n"),
            default);
        await Eventually.TrueAsync(() => File.Exists(host.In("v1", "done")), "it wrote what it got");
        Assert.Equal(
            $"of a on {host.Record("a").Port}|2|two words|$HOME; v1|{Path.Combine(host.Releases, "v1")}\n",
            File.ReadAllText(host.In("v1", "done")));
        Assert.Subset(
            new HashSet<string>(["HOME", "LANG", "LEVEL", "OLDPWD", "PATH", "PWD", "SHLVL", "TMPDIR", "TRAFFICCTL_RUNTIME", "TZ", "_"]),
            File.ReadLines(host.In("v1", "names")).ToHashSet());
    }

    [Fact]
    public async Task A_drain_waits_for_a_connection_that_is_open()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Server("v1"), default);
        var serving = await SeenAsync(runtime, "a", static s => s is { Serves: true });
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, serving.Endpoints[0].Port);
            var draining = await runtime.DrainAsync(Shop, "a", default);
            Assert.Equal(SlotPhase.Draining, draining!.Phase);
            Assert.True(draining.Connections >= 1);
        }

        // The server of this test keeps its end open until it is asked to close: the client's end alone is no open connection's.
        host.Settings = host.Settings with { DrainTimeout = TimeSpan.Zero };
        var drained = await SeenAsync(runtime, "a", static s => s?.Phase == SlotPhase.Drained);
        Assert.Single(drained.Endpoints);
    }

    [Fact]
    public async Task A_port_that_is_taken_by_another_program_is_not_used()
    {
        var runtime = await host.OpenAsync();
        var bundle = host.Server("v1");
        await runtime.EnsureAsync(Shop, "a", bundle, default);
        await SeenAsync(runtime, "a", static s => s is { Serves: true });
        await host.DieAsync();
        var record = host.Record("a");
        Kill(record.Process);
        await Eventually.TrueAsync(() => host.Alive().Count == 0, "it is gone");
        using var other = new TcpListener(IPAddress.Loopback, record.Port);
        await Eventually.TrueAsync(() => IsStarted(other), "no connection of another program has the port any more");
        runtime = await host.OpenAsync();
        var status = await SeenAsync(runtime, "a", static s => s is { Serves: true });
        Assert.NotEqual(record.Port, status.Endpoints[0].Port);
    }

    [Fact]
    public async Task A_process_that_was_started_and_not_written_down_is_found_by_its_environment()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Server("v1"), default);
        await SeenAsync(runtime, "a", static s => s is { Serves: true });
        await host.DieAsync();
        var record = host.Record("a");
        host.Write(record with { Process = 0, Started = 0 });
        runtime = await host.OpenAsync();
        await SeenAsync(runtime, "a", static s => s is { Serves: true });
        Assert.Equal(record, host.Record("a"));
        Assert.Equal([record.Process], host.Alive());
    }

    [Fact]
    public async Task Processes_that_no_record_names_are_ended_at_the_next_start()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Server("v1"), default);
        await host.DieAsync();
        File.Delete(host.FilesOf("a") + "/record.json");
        runtime = await host.OpenAsync();
        Assert.Empty(host.Alive());
        Assert.Empty((await runtime.ObserveAsync(Shop, default)).Slots);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_number_that_another_process_has_by_now_is_not_adopted_and_not_ended(bool isOtherBoot)
    {
        using var stranger = await ChildProcess.StartAsync(Storage.ChildRoles.OwnsDirectory, Path.Combine(host.Releases, "stranger"));
        var found = ProcessTable.Find(stranger.Id)!.Value;
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Server("v1"), default);
        await SeenAsync(runtime, "a", static s => s is { Serves: true });
        await host.DieAsync();
        var record = host.Record("a");
        Kill(record.Process);
        host.Write(isOtherBoot
            ? record with { Process = found.Id, Started = found.Started, Boot = "another boot" }
            : record with { Process = found.Id, Started = found.Started - 1 });
        runtime = await host.OpenAsync();
        await Eventually.TrueAsync(() => host.Record("a").Process is var now && now != 0 && now != found.Id, "it is started anew");
        await runtime.StopAsync(Shop, "a", default);
        Assert.Equal(found, ProcessTable.Find(stranger.Id));
    }

    [Fact]
    public async Task A_stop_that_a_death_cut_short_is_completed_by_the_next_daemon()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Server("v1"), default);
        await host.DieAsync();
        host.Write(host.Record("a") with { Wanted = Wanted.Stop });
        runtime = await host.OpenAsync();
        await Eventually.TrueAsync(
            async () => (await runtime.ObserveAsync(Shop, default)).Slots.IsEmpty && host.Alive().Count == 0, "it is stopped");
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_refuses_the_start_and_ends_nothing()
    {
        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(Shop, "a", host.Script("v1", "exec sleep 1000\n"), default);
        await host.DieAsync();
        File.WriteAllText(host.FilesOf("a") + "/record.json", "{");
        var refused = await Assert.ThrowsAsync<RuntimeUnavailableException>(() => host.OpenAsync());
        Assert.Contains("Delete it to have its processes ended", refused.Message, StringComparison.Ordinal);
        Assert.Single(host.Alive());
    }

    private static async Task<SlotStatus> SeenAsync(IRuntime runtime, string slot, Func<SlotStatus?, bool> isAwaited) =>
        (await Eventually.GetAsync(
            async () => (await runtime.ObserveAsync(Shop, default)).Find(slot), isAwaited, $"slot {slot} is as it should be"))!;

    private static bool IsStarted(TcpListener listener)
    {
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
