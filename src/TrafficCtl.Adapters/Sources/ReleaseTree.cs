using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TrafficCtl.Adapters.Sources;

/// <summary>The files of one version's folder: whether they still change, and the digest of their content.</summary>
internal static class ReleaseTree
{
    /// <summary>Files and folders of one version; more are refused.</summary>
    public const int MostEntries = 100_000;

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    /// <summary>Another one as soon as a file is written, added, renamed or removed; cheap beside <see cref="DigestAsync"/>.</summary>
    /// <exception cref="InvalidDataException">
    /// Something in it belongs to no release. The message completes a sentence about the folder.
    /// </exception>
    /// <exception cref="IOException">It cannot be read, or changes at this moment.</exception>
    public static string Stamp(string folder)
    {
        var text = new StringBuilder();
        foreach (var entry in Entries(folder))
            text.Append(entry.FullName).Append('|').Append(entry.LastWriteTimeUtc.Ticks).Append('|')
                .Append(entry is FileInfo file ? file.Length : -1).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Of names, contents and which files may be executed; not of times and owners.</summary>
    /// <returns><c>sha256:</c> and 64 hexadecimal digits.</returns>
    public static async Task<string> DigestAsync(string folder, CancellationToken stop)
    {
        const UnixFileMode execute = UnixFileMode.UserExecute;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in Entries(folder))
        {
            if (entry is not FileInfo file) continue;
            Add(hash, Path.GetRelativePath(folder, file.FullName));
            Add(hash, !OperatingSystem.IsWindows() && (file.UnixFileMode & execute) != UnixFileMode.None ? "x" : "-");
            await using var content = file.Open(new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            hash.AppendData(await SHA256.HashDataAsync(content, stop));
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IOrderedEnumerable<FileSystemInfo> Entries(string folder)
    {
        var entries = new List<FileSystemInfo>();
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Everything))
        {
            var inside = Path.GetRelativePath(folder, entry.FullName);
            if (entry.LinkTarget is not null)
                throw new InvalidDataException($"has the link {inside}; links are not followed, copy the file");
            if (entries.Count == MostEntries) throw new InvalidDataException($"has more than {MostEntries} files and folders");
            entries.Add(entry);
        }

        return entries.OrderBy(static e => e.FullName, StringComparer.Ordinal);
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
