using System.Runtime.InteropServices;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>The output of a slot's processes: one file that they append to, and older parts of it as <c>.1</c>, <c>.2</c>…</summary>
/// <remarks>
/// A process writes to the file itself, so that its output needs no daemon. So the file is not renamed but copied and cut: lines that
/// are written between the two are lost.
/// </remarks>
internal sealed class LogFile(string path, long mostBytes, int mostFiles)
{
    /// <summary>For a process to append to; the caller closes it.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public int Open()
    {
        var handle = Libc.Open(path, Libc.WriteOnly | Libc.Create | Libc.Append | Libc.CloseOnExec, 0x180);
        return handle >= 0
            ? handle
            : throw new IOException($"the log {path} cannot be opened: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>Where the file has grown too large, its newest part is kept as <c>.1</c>, and it begins anew.</summary>
    /// <returns>What went wrong, in a sentence; the file is cut nevertheless, so that it does not fill the disk.</returns>
    public string? Rotate()
    {
        if (!File.Exists(path) || new FileInfo(path).Length <= mostBytes) return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        string? trouble = null;
        if (mostFiles > 1)
        {
            try
            {
                Shift();
                Keep(file);
            }
            catch (IOException full)
            {
                trouble = $"the log {path} was cut at {mostBytes} bytes, and what was in it is lost: {full.Message}";
            }
        }

        file.SetLength(0);
        return trouble;
    }

    private void Shift()
    {
        File.Delete($"{path}.{mostFiles - 1}");
        for (var n = mostFiles - 2; n >= 1; n--)
            if (File.Exists($"{path}.{n}")) File.Move($"{path}.{n}", $"{path}.{n + 1}", overwrite: true);
    }

    /// <summary>A process that writes faster than this looks loses its oldest lines, and no disk is filled.</summary>
    private void Keep(FileStream file)
    {
        file.Position = Math.Max(0, file.Length - mostBytes);
        using var kept = PrivateFile.Open($"{path}.1", FileMode.Create, FileAccess.Write, FileShare.Read);
        var buffer = new byte[64 * 1024];
        for (var left = mostBytes; left > 0;)
        {
            var read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) return;
            kept.Write(buffer, 0, read);
            left -= read;
        }
    }
}
