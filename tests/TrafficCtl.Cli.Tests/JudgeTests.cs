using TrafficCtl.Cli.Invocation;
using Xunit;

namespace TrafficCtl.Cli.Tests;

public sealed class JudgeTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Fact]
    public async Task Good_lines_end_with_0_whatever_the_verdict()
    {
        await File.WriteAllTextAsync(
            file, """{"trace":"a","t":5,"arm":"stable","requests":10,"errors":0}""", TestContext.Current.CancellationToken);
        var run = await Run.OfAsync("judge", file);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        const string Begins =
            """{"trace":"a","verdict":"unsure","decidedAt":null,"incomplete":0,"reason":null,"findings":[{"signal":"errors",""";
        Assert.StartsWith(Begins, run.Out);
        Assert.EndsWith("}\n", run.Out);
    }

    [Fact]
    public async Task A_bad_line_is_named_and_ends_with_1()
    {
        await File.WriteAllTextAsync(file, "x\n", TestContext.Current.CancellationToken);
        var run = await Run.OfAsync("judge", file);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Equal($"{file}:1: x stands where '{{' should, write one JSON object a line\n", run.Error);
    }

    [Fact]
    public async Task A_file_that_is_not_there_ends_with_1()
    {
        var run = await Run.OfAsync("judge", "/no/such/file");
        Assert.Equal(
            (1, "trafficctl: no such file: /no/such/file: name a file of windows, or - for standard input\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task A_directory_and_an_empty_name_end_with_their_cause()
    {
        var run = await Run.OfAsync("judge", Path.GetTempPath());
        Assert.Equal(
            (1, $"trafficctl: a directory, not a file: {Path.GetTempPath()}: name a file of windows, or - for standard input\n"),
            (run.ExitCode, run.Error));
        run = await Run.OfAsync("judge", "");
        Assert.Equal((2, "trafficctl judge: usage: argument 2 is empty: see trafficctl judge --help\n"), (run.ExitCode, run.Error));
        run = await Run.OfAsync("judge", file, "--analysis", Path.GetTempPath());
        Assert.Equal((1, $"{Path.GetTempPath()}: is a directory, not a file (name a file in it)\n"), (run.ExitCode, run.Error));
        run = await Run.OfAsync("judge", file, "--analysis", "");
        const string Empty = "trafficctl judge: usage: the value of --analysis is empty: see trafficctl judge --help\n";
        Assert.Equal((2, Empty), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Verdicts_that_cannot_be_written_are_said()
    {
        await File.WriteAllTextAsync(
            file, """{"trace":"a","t":5,"arm":"stable","requests":10,"errors":0}""", TestContext.Current.CancellationToken);
        using var full = new Full();
        using var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings(full, error, false, static () => (100, 40), static _ => null, "ana", TimeProvider.System);
        Assert.Equal(1, await App.RunAsync(["judge", file], surroundings, TestContext.Current.CancellationToken));
        Assert.Equal(
            "trafficctl: cannot write: standard output: no space is left; the verdicts from there on are lost, judge the file again\n",
            error.ToString());
    }

    [Fact]
    public async Task Tolerances_come_from_a_file_and_their_problems_with_their_place()
    {
        await File.WriteAllTextAsync(file, "erors: { worse-by: 1pp }", TestContext.Current.CancellationToken);
        var run = await Run.OfAsync("judge", file, "--analysis", file);
        Assert.Equal((1, $"{file}:1:1: erors: unknown key (did you mean \"errors\"?)\n"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("50%")]
    [InlineData("5000")]
    [InlineData("0")]
    public async Task Takes_a_next_weight(string weight) =>
        Assert.Equal(1, (await Run.OfAsync("judge", file, "--next-weight", weight)).ExitCode);

    private sealed class Full : TextWriter
    {
        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

        public override void Write(char value) => throw new IOException("no space is left.");
    }
}
