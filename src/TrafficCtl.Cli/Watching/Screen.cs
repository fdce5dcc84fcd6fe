using System.Text;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Watching;

/// <summary>Draws frames over each other on the terminal's second screen; leaves the first as it was, with the last frame below.</summary>
internal sealed class Screen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[?7l";
    private const string Leave = "\e[?7h\e[?25h\e[?1049l";
    private const string Home = "\e[H";

    /// <summary>To the edge; after a line that reaches it, it would erase that line's last character.</summary>
    private const string EraseLine = "\e[K";
    private const string EraseBelow = "\e[J";

    private readonly TextWriter to;
    private readonly Func<(int Columns, int Rows)> size;
    private readonly bool colours;
    private string[] last = [];

    /// <param name="surroundings">A terminal.</param>
    public Screen(Surroundings surroundings)
    {
        (to, size, colours) = (surroundings.TerminalOut, surroundings.Size, string.IsNullOrEmpty(surroundings.Variable("NO_COLOR")));
        to.Write(Enter);
        to.Flush();
    }

    /// <summary>Draws what is made for the terminal's size now.</summary>
    /// <param name="picture">From columns and rows.</param>
    public void Show(Func<int, int, IRenderable> picture)
    {
        var (columns, rows) = size();
        last = Frame.Lines(picture(columns, rows), columns, colours);
        var frame = new StringBuilder(Home);
        var shown = Math.Min(last.Length, rows);
        for (var i = 0; i < shown; i++)
            frame.Append(last[i]).Append(Frame.Cells(last[i]) < columns ? EraseLine : "").Append(i + 1 < rows ? "\r\n" : "");
        to.Write(frame.Append(shown < rows ? EraseBelow : "").ToString());
        to.Flush();
    }

    public void Dispose()
    {
        to.Write(Leave);
        foreach (var line in last) to.WriteLine(line);
        to.Flush();
    }
}
