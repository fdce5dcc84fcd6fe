using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Yaml;

/// <summary>A file's documents, within bounds; whatever keeps it from being read goes into the report.</summary>
internal static class YamlFile
{
    /// <summary>The bytes, or null with a problem in the report.</summary>
    public static byte[]? Bytes(string file, int most, string tooLarge, Report report)
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
            using var stream = new FileStream(Path.GetFullPath(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var bytes = new byte[most + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length <= most) return bytes[..length];
            report.Add(0, 0, "", $"larger than {Sizes.Text(most)}", tooLarge);
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
}
