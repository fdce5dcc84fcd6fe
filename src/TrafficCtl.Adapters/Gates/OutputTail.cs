using System.Text;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Adapters.Gates;

/// <summary>The end of what a program writes, in bounded memory however much it is.</summary>
internal sealed class OutputTail
{
    private const int Kept = 16 * 1024, Shown = 300;

    private readonly Lock gate = new();
    private readonly Queue<byte> tail = new(Kept);

    /// <summary>Reads to the end, so that the program never waits for its reader.</summary>
    public async Task ReadAsync(Stream from)
    {
        var buffer = new byte[4096];
        try
        {
            while (await from.ReadAsync(buffer) is > 0 and var read) Add(buffer.AsSpan(0, read));
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            // It is ended: what was read counts.
        }
    }

    /// <summary>The last line with something on it, printable and cut.</summary>
    public string Last
    {
        get
        {
            string text;
            lock (gate) text = Encoding.UTF8.GetString([.. tail]);
            var line = text.Split('\n').Select(static l => l.Trim()).LastOrDefault(static l => l.Length > 0) ?? "";
            var shown = Printable.Escape(line);
            return shown.Length <= Shown ? shown : shown[..(Shown - 3)] + "...";
        }
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            foreach (var one in bytes)
            {
                if (tail.Count == Kept) tail.Dequeue();
                tail.Enqueue(one);
            }
        }
    }
}
