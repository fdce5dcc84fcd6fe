using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using Xunit;

namespace TrafficCtl.Cli.Tests.Printing;

public sealed class PrintedTextTests : IDisposable
{
    private readonly StringWriter inner = new() { NewLine = "\n" };

    public void Dispose() => inner.Dispose();

    [Fact]
    public void Escapes_what_steers_a_terminal_in_every_way_of_writing()
    {
        using var text = new PrintedText(inner);
        text.WriteLine("a\u001b[31mb");
        text.Write("c\u202e");
        text.Write('\u009b');
        text.Write(['x', '\0'], 0, 2);
        text.Write("\u2028y".AsSpan());
        text.WriteLine();
        text.WriteLine((object)"z\ufeff");
        text.WriteLine("{0}!", "\a");
        text.Flush();
        Assert.Equal("a\\u001b[31mb\nc\\u202e\\u009bx\\u0000\\u2028y\nz\\ufeff\n\\u0007!\n", inner.ToString());
    }

    [Fact]
    public async Task Escapes_what_is_written_without_waiting_too()
    {
        await using var text = new PrintedText(inner);
        await text.WriteLineAsync("a\u001bb");
        await text.WriteAsync("\u200b");
        await text.WriteAsync('\u200b');
        await text.WriteLineAsync();
        await text.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("a\\u001bb\n\\u200b\\u200b\n", inner.ToString());
    }

    [Fact]
    public void A_line_is_ended_by_the_program_alone()
    {
        using var text = new PrintedText(inner);
        text.WriteLine("good: checkout\ntrafficctl: forged");
        text.Write("a\nb");
        text.Write("\n");
        text.Write('\n');
        text.WriteLine(7);
        text.Lines("two\nlines\n");
        Assert.Equal("good: checkout\\ntrafficctl: forged\na\\nb\n\n7\ntwo\nlines\n", inner.ToString());
    }

    [Fact]
    public void Keeps_pairs_together_and_shows_halves()
    {
        using var text = new PrintedText(inner);
        foreach (var c in "👍") text.Write(c);
        text.Write('\ud83d');
        text.Write('x');
        text.Write('\ud83d');
        text.WriteLine("é →");
        text.WriteLine("\udc4d");
        Assert.Equal("👍\\ud83dx\\ud83dé →\n\\udc4d\n", inner.ToString());
    }

    [Fact]
    public void Whatever_a_command_prints_goes_through_it()
    {
        using var error = new StringWriter();
        var surroundings = new Surroundings(inner, error, false, static () => (80, 24), static _ => null, "ana", TimeProvider.System);
        surroundings.Out.WriteLine("\u001b");
        surroundings.Error.Write("\u001b");
        Assert.Equal("\\u001b\n\\u001b", inner.ToString() + error);
    }

    [Fact]
    public async Task Help_and_scripts_keep_their_lines()
    {
        foreach (var line in (string[])["--help", "judge --help", "completion bash", "schema", "uninstall"])
        {
            var run = await Run.OfAsync(line.Split(' '));
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.True(run.Out.Split('\n').Length > 5, line);
            if (line != "completion bash") Assert.DoesNotContain("\\n", run.Out, StringComparison.Ordinal); // Its script has $'\n'.
        }
    }
}
