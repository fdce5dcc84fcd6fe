namespace TrafficCtl.Control.Files;

/// <summary>Reads a small file of state whole.</summary>
/// <remarks>Only a regular one, and only up to a limit: a pipe would hold the process, and a huge file its memory.</remarks>
public static class PlainFile
{
    /// <param name="path">The file.</param>
    /// <param name="most">The largest number of bytes that make sense.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidDataException">
    /// It is no regular file, or larger. The message completes a sentence that begins with its name.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[]? Read(string path, int most)
    {
        var found = FileStatus.Of(path);
        if (found.Kind == FileKind.Missing) return null;
        if (found.Kind != FileKind.Regular) throw new InvalidDataException($"is {found.InWords}, not a file");
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length > most) throw new InvalidDataException($"has {file.Length} bytes, and {most} are the most that make sense");
        var bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
