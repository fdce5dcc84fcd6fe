using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>The real program on files that do not answer: a signal always ends it, and it says what it waits for.</summary>
public sealed class BlockedFileTests : IDisposable
{
    /// <summary>Far beyond what an end takes, and far below for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-blocked-").FullName;

    private string Data => Path.Combine(folder, "data");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("TERM", "check")]
    [InlineData("INT", "check")]
    [InlineData("INT", "explain")]
    public async Task A_command_that_waits_for_a_pipe_says_so_and_ends_at_a_signal(string signal, string command)
    {
        using var program = RealProgram.Start(command, Fifo.Make(In("pipe")));
        await Eventually.TrueAsync(
            () => program.Said.Contains("still reading: a pipe that nobody writes to", StringComparison.Ordinal),
            "it says what it waits for");
        await program.SignalAsync(signal, Stop);
        Assert.Equal(1, await program.EndAsync(Patience, Stop));
        Assert.Contains("interrupted", program.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_judge_that_waits_for_windows_ends_at_a_signal()
    {
        var pipe = Fifo.Make(In("pipe"));
        using var program = RealProgram.Start("judge", pipe);
        // Opened once the program has opened it too; nothing is ever written.
        await using var writer =
            await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write), Stop).WaitAsync(Patience, Stop);
        await program.SignalAsync("INT", Stop);
        Assert.Equal(1, await program.EndAsync(Patience, Stop));
        Assert.Contains("interrupted", program.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_waits_for_its_file_says_so_and_ends_with_0_when_it_is_terminated()
    {
        using var program = Run(Fifo.Make(In("pipe")));
        await Eventually.TrueAsync(
            () => program.Said.Contains("has not ended after 5 s: a pipe that nobody writes to", StringComparison.Ordinal),
            "it says what it waits for");
        await program.SignalAsync("TERM", Stop);
        Assert.Equal(0, await program.EndAsync(Patience, Stop));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_daemon_reads_standard_input_once_and_says_so_when_it_is_to_read_it_again()
    {
        using var program = Run("/dev/stdin");
        await program.Input.WriteAsync(DeliveryText());
        program.Input.Close();
        await Eventually.TrueAsync(() => program.Said.Contains("ready after", StringComparison.Ordinal), "it serves");
        await program.SignalAsync("HUP", Stop);
        await Eventually.TrueAsync(
            () => program.Said.Contains(
                "/dev/stdin is a pipe and can be read only once: what it gave at the start stays in force",
                StringComparison.Ordinal), "it says so");
        await program.SignalAsync("TERM", Stop);
        Assert.Equal(0, await program.EndAsync(Patience, Stop));
    }

    [Fact]
    public async Task A_daemon_ends_although_its_data_directory_hangs()
    {
        await File.WriteAllTextAsync(In("shop.yaml"), DeliveryText(), Stop);
        Directory.CreateDirectory(Data);
        // A pipe without a reader: the first route is never written, and the control loop waits for it.
        Fifo.Make(Path.Combine(Data, "snapshot.json.tmp"));
        using var program = Run(In("shop.yaml"));
        await Eventually.TrueAsync(() => program.Said.Contains("ready after", StringComparison.Ordinal), "it serves");
        await program.SignalAsync("TERM", Stop);
        Assert.Equal(0, await program.EndAsync(Patience, Stop));
        Assert.Contains("has not ended after 5 s (a disk that hangs?)", program.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(100)]
    [InlineData(140)]
    [InlineData(200)]
    public async Task A_daemon_that_is_terminated_in_its_first_moments_ends(int milliseconds)
    {
        await File.WriteAllTextAsync(In("shop.yaml"), DeliveryText(), Stop);
        using var program = Run(In("shop.yaml"));
#pragma warning disable RS0030 // Nothing shows these moments from outside.
#pragma warning disable RS0030 // Nothing shows these moments from outside.
        await Task.Delay(milliseconds, Stop);
#pragma warning restore RS0030
#pragma warning restore RS0030
        await program.SignalAsync("TERM", Stop);
        // Before the program has a say, the signal ends it by itself.
        Assert.Contains(await program.EndAsync(Patience, Stop), (int[])[0, 128 + 15]);
    }

    [Fact]
    public async Task A_daemon_ends_although_nobody_reads_what_it_prints()
    {
        await File.WriteAllTextAsync(In("shop.yaml"), DeliveryText(), Stop);
        // Both ends are open here, so nobody waits; full, so the first line does.
        await using var pipe = new FileStream(
            Fifo.Make(In("out")), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var filling = pipe.WriteAsync(new byte[1 << 20], Stop).AsTask();
        var admin = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        using var program =
            RealProgram.StartBy($"exec {RealProgram.Executable} run -f {In("shop.yaml")} --data-dir {Data} --admin {admin} > {In("out")}");
        using var client = new HttpClient { BaseAddress = admin };
        await Eventually.TrueAsync(() => IsReady(client), "it serves, and prints that");
        await program.SignalAsync("TERM", Stop);
        Assert.Equal(0, await program.EndAsync(Patience, Stop));
        Assert.False(filling.IsCompletedSuccessfully);
    }

    /// <summary>It says what it waits for, to somebody who does not read: nothing of it can be interrupted any more.</summary>
    [Fact]
    public async Task A_daemon_that_is_held_all_the_same_is_killed()
    {
        var file = Fifo.Make(In("shop.yaml"));
        await using var pipe = new FileStream(
            Fifo.Make(In("error")), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var filling = pipe.WriteAsync(new byte[1 << 20], Stop).AsTask();
        using var program = RealProgram.StartBy($"exec {RealProgram.Executable} run -f {file} --data-dir {Data} 2> {In("error")}");
        // Opened once the program reads; five seconds after that it says so.
        await using var writer =
            await Task.Run(() => new FileStream(file, FileMode.Open, FileAccess.Write), Stop).WaitAsync(Patience, Stop);
#pragma warning disable RS0030 // It says what it waits for into a pipe that is full: nothing shows that.
#pragma warning disable RS0030 // It says what it waits for into a pipe that is full: nothing shows that.
        await Task.Delay(TimeSpan.FromSeconds(12), Stop);
#pragma warning restore RS0030
#pragma warning restore RS0030
        await program.SignalAsync("TERM", Stop);
        Assert.Equal(128 + 9, await program.EndAsync(Patience, Stop));
        Assert.False(filling.IsCompletedSuccessfully);
    }

    private static bool IsReady(HttpClient client)
    {
        try
        {
            using var answer = client.GetAsync(new Uri("/readyz", UriKind.Relative), Stop).GetAwaiter().GetResult();
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private RealProgram Run(string file) =>
        RealProgram.Start("run", "-f", file, "--data-dir", Data, "--admin", $"http://127.0.0.1:{FreePort.Take()}");

    private static string DeliveryText() => $$"""
        service: shop
        listen: http://127.0.0.1:{{FreePort.Take()}}
        versions:
          v1: [{{FreePort.Address().GetLeftPart(UriPartial.Authority)}}]
        stable: v1
        drain: { delay: 0s, max: 1s }
        """;

    private string In(string name) => Path.Combine(folder, name);
}
