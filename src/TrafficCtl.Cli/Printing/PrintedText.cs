using System.Text;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Printing;

/// <summary>All that the program prints goes through here: text of others cannot steer the terminal, forge a line or hide itself.</summary>
/// <remarks>
/// What <see cref="ShownText"/> names is escaped. A line ends where the program ends it: by <c>WriteLine</c>, or by a line
/// feed written alone; one inside a text is escaped too. A text of the program's own that has several lines is written by
/// <see cref="TextLines.Lines"/>.
/// </remarks>
internal sealed class PrintedText : TextWriter
{
    private readonly TextWriter to;
    private char half;

    public PrintedText(TextWriter to)
    {
        this.to = to;
        CoreNewLine = to.NewLine.ToCharArray();
    }

    public override Encoding Encoding => to.Encoding;

    public override void Write(char value)
    {
        if (half != default)
        {
            var first = half;
            half = default;
            if (char.IsLowSurrogate(value))
            {
                to.Write(ShownText.Escape(new string([first, value])));
                return;
            }

            to.Write(ShownText.Escape(first.ToString()));
        }

        if (char.IsHighSurrogate(value)) half = value;
        else if (value == '\n') to.WriteLine();
        else to.Write(ShownText.Escape(value.ToString()));
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    public override void Write(string? value)
    {
        EndHalf();
        if (value is "\n" or "\r\n") to.WriteLine();
        else if (value is not null) to.Write(ShownText.Escape(value));
    }

    public override void WriteLine()
    {
        EndHalf();
        to.WriteLine();
    }

    public override void WriteLine(string? value)
    {
        EndHalf();
        to.WriteLine(value is null ? null : ShownText.Escape(value));
    }

    public override Task WriteAsync(char value) => Done(() => Write(value));

    public override Task WriteAsync(string? value) => Done(() => Write(value));

    public override Task WriteLineAsync() => Done(WriteLine);

    public override Task WriteLineAsync(string? value) => Done(() => WriteLine(value));

    public override void Flush()
    {
        EndHalf();
        to.Flush();
    }

    public override Task FlushAsync() => Done(Flush);

    public override Task FlushAsync(CancellationToken cancellationToken) => Done(Flush);

    private static Task Done(Action write)
    {
        write();
        return Task.CompletedTask;
    }

    /// <summary>Half of a surrogate pair whose other half did not come.</summary>
    private void EndHalf()
    {
        if (half == default) return;
        var alone = half.ToString();
        half = default;
        to.Write(ShownText.Escape(alone));
    }
}

internal static class TextLines
{
    /// <summary>Several lines of the program's own, one below the other; a line feed at the end adds none.</summary>
    public static void Lines(this TextWriter to, string text)
    {
        foreach (var line in text.TrimEnd('\n').Split('\n')) to.WriteLine(line);
    }
}
