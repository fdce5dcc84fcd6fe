using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.Versioning;
using TrafficCtl.Adapters.Gates;
using TrafficCtl.Core.Gates;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Gates;

/// <summary>Real programs, which pass, fail, hang, fork and ignore what they are asked.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CommandRunnerTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2), Short = TimeSpan.FromMilliseconds(300);

    private readonly TemporaryDirectory directory = new();
    private readonly string owner = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Exit_code_0_passes_and_any_other_fails_with_the_last_line_that_it_said()
    {
        var passed = Assert.IsType<GateAnswer.Open>(await RunAsync(Script("pass.sh", "exit 0")));
        Assert.StartsWith("./pass.sh passed in", passed.Why, StringComparison.Ordinal);
        var failed = Assert.IsType<GateAnswer.Failed>(await RunAsync(Script("fail.sh", "echo cart is empty >&2; echo ends; exit 3")));
        Assert.Contains("with exit code 3; it said: cart is empty", failed.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_sees_its_arguments_as_they_are_and_a_clean_environment_with_the_facts()
    {
        var script = Script("env.sh", "printf '%s|' \"$@\" > args; env > env; pwd > pwd");
        Assert.IsType<GateAnswer.Open>(await RunAsync(script, ["a b", "$HOME", ";rm -rf x"]));
        Assert.Equal("a b|$HOME|;rm -rf x|", File.ReadAllText(In("args")));
        Assert.Equal(directory.Path, File.ReadAllText(In("pwd")).Trim());
        var names = File.ReadAllLines(In("env")).Select(l => l.Split('=')[0]).Except(["PWD", "SHLVL", "_", "OLDPWD"]).Order().ToArray();
        Assert.Equal(
            [
                "HOME", "PATH", "TRAFFICCTL_ATTEMPT", "TRAFFICCTL_ROLLOUT", "TRAFFICCTL_RUN", "TRAFFICCTL_SERVICE", "TRAFFICCTL_VERSION",
            ], names);
        Assert.Contains("TRAFFICCTL_VERSION=v2", File.ReadAllLines(In("env")));
    }

    [Theory]
    [InlineData("./missing.sh", "there is no program ./missing.sh")]
    [InlineData("no-such-program-anywhere", "there is no program")]
    public async Task What_cannot_be_started_is_an_error_and_no_failure(string program, string why) =>
        Assert.Contains(why, Assert.IsType<GateAnswer.Errored>(await RunAsync(program)).Why, StringComparison.Ordinal);

    [Fact]
    public async Task What_may_not_be_executed_is_an_error_and_no_failure()
    {
        File.WriteAllText(In("plain.txt"), "exit 0");
        var answer = Assert.IsType<GateAnswer.Errored>(await RunAsync("./plain.txt"));
        Assert.Contains("could not be started", answer.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_others_may_write_is_not_run_but_where_it_is_allowed()
    {
        var script = Script("open.sh", "touch ran");
        File.SetUnixFileMode(In("open.sh"), (UnixFileMode)0b111_111_111);
        Assert.Contains("others may write", Assert.IsType<GateAnswer.Errored>(await RunAsync(script)).Why, StringComparison.Ordinal);
        Assert.False(File.Exists(In("ran")));
        Assert.IsType<GateAnswer.Open>(await RunAsync(script, allowed: [directory.Path]));
        Assert.True(File.Exists(In("ran")));
    }

    [Fact]
    public async Task What_never_ends_is_ended_with_all_that_it_started_whatever_they_ignore()
    {
        var script = Script("hang.sh", """
            trap '' TERM
            echo $$ >> pids
            (trap '' TERM; sh -c 'echo $$ >> pids; exec sleep 1000') &
            setsid sh -c 'echo $$ >> pids; exec sleep 1000' &
            (setsid sh -c 'trap "" TERM; echo $$ >> pids; sleep 1000; true' &)
            while [ "$(wc -l < pids)" -lt 4 ]; do sleep 0.05; done
            touch started
            while true; do sleep 1; done
            """);
        var answer = await RunAsync(script, timeout: TimeSpan.FromSeconds(5));
        Assert.Contains("has not ended within 5 s and was ended", Assert.IsType<GateAnswer.Errored>(answer).Why, StringComparison.Ordinal);
        Assert.True(File.Exists(In("started")));
        await AllGoneAsync(4);
    }

    [Fact]
    public async Task What_is_left_in_the_background_ends_with_the_program_and_delays_no_answer()
    {
        var script = Script("leave.sh", "sleep 1000 & echo $! >> pids; setsid sleep 1000 & echo $! >> pids; exit 0");
        Assert.IsType<GateAnswer.Open>(await RunAsync(script));
        await AllGoneAsync(2);
    }

    [Fact]
    public async Task A_flood_of_output_is_read_and_not_kept()
    {
        var script = Script("flood.sh", "yes 0123456789 2>/dev/null | head -c 20000000; echo; echo the end");
        Assert.EndsWith("it said: the end", Assert.IsType<GateAnswer.Open>(await RunAsync(script)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_ends_the_program()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(Script("wait.sh", "echo $$ >> pids; exec sleep 1000"), timeout: Long, stop: stop.Token);
        await Eventually.TrueAsync(() => File.Exists(In("pids")) && File.ReadAllText(In("pids")).Length > 0, "it runs");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await AllGoneAsync(1);
    }

    [Fact]
    public async Task What_an_earlier_process_left_running_is_ended_at_the_start_and_others_are_not()
    {
        using var ours = Start($"{owner}/shop-default-1/1");
        using var others = Start("another/shop-default-1/1");
        _ = new CommandRunner(owner, [], TimeProvider.System);
        await Eventually.TrueAsync(() => ours.HasExited, "the leftover has ended");
        Assert.False(others.HasExited);
        others.Kill();

        static Process Start(string mark)
        {
            var start = new ProcessStartInfo("sleep", "1000");
            start.Environment["TRAFFICCTL_RUN"] = mark;
            return Process.Start(start)!;
        }
    }

    public void Dispose() => directory.Dispose();

    private Task<GateAnswer> RunAsync(
        string program, ImmutableArray<string>? arguments = null, TimeSpan? timeout = null, ImmutableArray<string>? allowed = null,
        CancellationToken stop = default)
    {
        var facts = new VerifyFacts(
            "shop-default-1", 1,
            ImmutableSortedDictionary<string, string>.Empty.Add("service", "shop").Add("version", "v2").Add("rollout", "shop-default-1"));
        return new CommandRunner(owner, allowed ?? [], TimeProvider.System)
            .RunAsync(new Verification.Run(program, arguments ?? [], directory.Path), timeout ?? Long, facts, stop);
    }

    private async Task AllGoneAsync(int count)
    {
        var pids = File.ReadAllLines(In("pids"));
        Assert.Equal(count, pids.Length);
        await Eventually.TrueAsync(() => pids.All(IsGone), "nothing of it is left");
    }

    /// <summary>A zombie waits for whoever is to read its exit code: it runs no more.</summary>
    private static bool IsGone(string pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    private string Script(string name, string body)
    {
        File.WriteAllText(In(name), $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(In(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return $"./{name}";
    }

    private string In(string name) => Path.Combine(directory.Path, name);
}
