using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Yaml;

/// <summary>A file's documents, within bounds; whatever keeps it from being read goes into the report.</summary>
internal static class YamlFile
{
    /// <summary>The bytes, or null with a problem in the report. A pipe is read to its end, which may take for ever.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="most">The largest size that is read.</param>
    /// <param name="tooLarge">What to do with a larger one.</param>
    /// <param name="report">Takes the problem.</param>
    /// <param name="pipes">What pipes gave before; null when nothing is read twice.</param>
    public static byte[]? Bytes(string file, int most, string tooLarge, Report report, Pipes? pipes = null)
    {
        if (file.Length == 0)
        {
            report.Add(0, 0, "", "the name of the file is empty", "name a file");
            return null;
        }

        if (Directory.Exists(file))
        {
            report.Add(0, 0, "", "is a directory, not a file", "name a file in it");
            return null;
        }

        try
        {
            var found = FileStatus.Of(file);
            if (found.Kind is FileKind.Socket or FileKind.BlockDevice)
            {
                report.Add(0, 0, "", $"is {found.InWords}, not a file", "name a file");
                return null;
            }

            var isOnce = found.Kind is FileKind.Pipe or FileKind.CharacterDevice
                || (found.Kind == FileKind.Missing && pipes?.Knows(file) == true);
            var bytes = isOnce && pipes is not null ? pipes.Read(file, () => Read(file, most)) : Read(file, most);
            if (bytes is null) report.Add(0, 0, "", $"is {found.InWords} now, which is read at the start only", "put a file in its place");
            else if (bytes.Length <= most) return bytes;
            else report.Add(0, 0, "", $"larger than {SizeText.Of(most)}", tooLarge);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            report.Add(0, 0, "", "there is no such file", "check the path");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            report.Add(0, 0, "", $"cannot be read: {fault.Message}");
        }

        return null;
    }

    /// <param name="empty">What to do when nothing is in it.</param>
    public static ImmutableArray<Node> Documents(ReadOnlySpan<byte> bytes, string empty, Report report)
    {
        if (YamlText.Decode(bytes, report) is not { } text) return [];
        var documents = YamlTree.Read(text, report);
        if (documents.IsEmpty && report.IsClean) report.Add(1, 1, "", "the file is empty", empty);
        return documents;
    }

    /// <summary>One byte more than allowed tells that there is more.</summary>
    private static byte[] Read(string file, int most)
    {
        using var stream = new FileStream(
            Path.GetFullPath(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var bytes = new byte[most + 1];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
