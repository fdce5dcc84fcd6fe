using System.Diagnostics;
using System.Runtime.Versioning;
using Xunit;

namespace TrafficCtl.Cli.Tests.Streams;

/// <summary>The real program with standard streams that are closed, full or no longer read, as shells and schedulers leave them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StandardStreamTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "trafficctl");

    [Theory]
    [InlineData("schema >&-", 1, "trafficctl: cannot write: standard output: it is closed\n")]
    [InlineData("--version >&-", 1, "trafficctl: cannot write: standard output: it is closed\n")]
    [InlineData("judge /nowhere >&-", 1, "trafficctl: no such file: /nowhere: name a file of windows, or - for standard input\n")]
    [InlineData("status --admin http://127.0.0.1:9 >&- <&-", 1, "trafficctl: no daemon answers: ")]
    [InlineData("schema >/dev/full", 1, "trafficctl: cannot write: standard output: No space left on device\n")]
    [InlineData("schema >&- 2>&-", 1, "")]
    [InlineData("bogus 2>&-", 2, "")]
    [InlineData("bogus 2>/dev/full", 2, "")]
    [InlineData("schema >/dev/null <&-", 0, "")]
    [InlineData("judge - <&-", 1, "stdin:1: cannot be read on: standard input is closed\n")]
    [InlineData("judge - </dev/null", 1, "stdin:1: no windows, write one JSON object a line\n")]
    public async Task Ends_with_its_exit_code_and_at_most_one_line(string line, int exit, string says)
    {
        var (code, _, error) = await ShellAsync($"exec '{Program}' {line}");
        Assert.Equal(exit, code);
        Assert.StartsWith(says, error, StringComparison.Ordinal);
        Assert.True(error.Split('\n').Length <= 2, error);
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_is_no_fault()
    {
        var (code, output, error) = await ShellAsync($"set -o pipefail; '{Program}' schema | head -1");
        Assert.Equal((0, "{\n", ""), (code, output, error));
    }

    [Fact]
    public async Task A_watch_that_nobody_reads_any_more_ends()
    {
        var statuses = Enumerable.Repeat(Example.Active(), 2000).ToArray();
        await using var daemon = (await CannedDaemon.StartAsync()).WithEvents("/v1/watch", statuses);
        daemon.HoldsStreams = true;
        var (code, output, error) = await ShellAsync($"set -o pipefail; '{Program}' watch -o json --admin {daemon.Address} | head -1");
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith("}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_serves_on_without_any_standard_stream_and_keeps_its_files_whole_and_private()
    {
        var folder = Directory.CreateTempSubdirectory("trafficctl-streams-").FullName;
        try
        {
            var file = Path.Combine(folder, "d.yaml");
            const string Text = "service: a\nlisten: http://127.0.0.1:0\nversions: { v1: [http://127.0.0.1:9] }\nstable: v1\ndrain: { "
                + "delay: 0s }\n";
            await File.WriteAllTextAsync(file, Text, TestContext.Current.CancellationToken);
            var data = Path.Combine(folder, "data");
            var (code, _, _) = await ShellAsync(
                $"'{Program}' run -f '{file}' --data-dir '{data}' --admin http://127.0.0.1:0 <&- >&- 2>&- & pid=$!; "
                + $"for i in $(seq 600); do [ -s '{data}/snapshot.json' ] && break; kill -0 $pid || exit 9; sleep 0.1; done; "
                + "kill -TERM $pid; wait $pid");
            Assert.Equal(0, code);
            var header = new byte[16];
            await using (var database = File.OpenRead(Path.Combine(data, "trafficctl.db")))
                await database.ReadExactlyAsync(header, TestContext.Current.CancellationToken);
            Assert.Equal("SQLite format 3\0"u8.ToArray(), header);

            // None of the files is for other users.
            const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
            Assert.All(Directory.GetFiles(data), static file => Assert.Equal((file, Owner), (file, File.GetUnixFileMode(file))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_refused()
    {
        var (code, output, error) = await ShellAsync($"exec '{Program}' check $'caf\\xe9.yaml'");
        Assert.Equal((2, "", "trafficctl check: usage: argument 2 is not UTF-8: see trafficctl check --help\n"), (code, output, error));
    }

    private static async Task<(int ExitCode, string Out, string Error)> ShellAsync(string script)
    {
        var stop = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var shell = Process.Start(start)!;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            var error = shell.StandardError.ReadToEndAsync(late.Token);
            var output = await shell.StandardOutput.ReadToEndAsync(late.Token);
            await shell.WaitForExitAsync(late.Token);
            return (shell.ExitCode, output, await error);
        }
        finally
        {
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }
}
