using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Streams;

/// <summary>Standard input, output and error as the process got them. Each of them may have been closed by whoever started it.</summary>
/// <remarks>
/// A file that is opened later takes the lowest free descriptor: with standard output closed, the program's lines would be
/// written into it. So free descriptors are filled before anything else is opened, and one that the runtime has taken
/// meanwhile is never used.
/// </remarks>
internal static class StandardStreams
{
    private const string Flags = "flags:";
    private const int In = 0, Out = 1, Error = 2;

    /// <summary>O_CLOEXEC of Linux: a descriptor that has it was opened by this process, not given to it.</summary>
    private const int CloseOnExec = 0x80000;

    private static readonly List<SafeFileHandle> Fillers = [];
    private static readonly bool[] IsClosed = [IsMissing(In), IsMissing(Out), IsMissing(Error)];

    /// <summary>Cancelled when the reader of standard output has gone (<c>head</c>, <c>less</c>).</summary>
    public static CancellationToken OutputGone => OutputStream.Gone;

    /// <summary>Fills the descriptors that are free. Call it before anything is opened.</summary>
    public static void Hold()
    {
        for (var at = In; at <= Error; at++)
        {
            if (!IsClosed[at] || File.Exists(InfoOf(at))) continue;
            Fillers.Add(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
        }
    }

    public static Stream OpenInput() => IsClosed[In] ? new ClosedStream("standard input is closed") : Console.OpenStandardInput();

    /// <summary>What cannot be written is an <see cref="OutputFailedException"/>.</summary>
    public static TextWriter OpenOutput() =>
        WriterOf(new OutputStream(IsClosed[Out] ? new ClosedStream("it is closed") : Console.OpenStandardOutput(), Out));

    /// <summary>What cannot be written is lost.</summary>
    public static TextWriter OpenError() => IsClosed[Error] ? TextWriter.Null : new ForgivingText(WriterOf(Console.OpenStandardError()));

    private static StreamWriter WriterOf(Stream to) =>
        new(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1024) { AutoFlush = true };

    private static bool IsMissing(int descriptor)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fdinfo")) return false;
        if (!File.Exists(InfoOf(descriptor))) return true;
        foreach (var line in File.ReadLines(InfoOf(descriptor)))
        {
            if (!line.StartsWith(Flags, StringComparison.Ordinal)) continue;
            return (Convert.ToInt32(line[Flags.Length..].Trim(), 8) & CloseOnExec) != 0;
        }

        return false;
    }

    private static string InfoOf(int descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{descriptor}");
}
