using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <param name="Program">The file, as a path.</param>
/// <param name="Arguments">Its own name first.</param>
/// <param name="Variables">All of its environment, as NAME=VALUE.</param>
internal sealed record SpawnRequest(
    string Program, ImmutableArray<string> Arguments, ImmutableArray<string> Variables, string WorkingDirectory, int Log, int Lock);

/// <summary>Starts a program in a session of its own, without a shell, with nothing of this process but what is named.</summary>
/// <remarks>
/// <c>posix_spawn</c>, since a fork of a process with many threads may only call exec. It leads its session: no terminal's signal
/// reaches it, and what it forks is found by the session's number.
/// </remarks>
internal static class Spawning
{
    private const short SetDefaultSignals = 0x04, SetMask = 0x08, SetSession = 0x80;

    /// <summary>More than any C library's structures take.</summary>
    private const int StructureBytes = 1024;

    /// <summary>The lock's handle in the process: it and what it forks hold it until they end.</summary>
    public const int LockHandle = 3;

    /// <returns>The process id, or the error number of the system.</returns>
    public static (int Process, int Error) Start(SpawnRequest request)
    {
        var memory = Marshal.AllocHGlobal(4 * StructureBytes);
        nint actions = memory, attributes = memory + StructureBytes, all = attributes + StructureBytes, none = all + StructureBytes;
        var arguments = Pointers(request.Arguments);
        var variables = Pointers(request.Variables);
        try
        {
            _ = Libc.InitActions(actions);
            _ = Libc.InitAttributes(attributes);
            try
            {
                _ = Libc.FillSet(all);
                _ = Libc.EmptySet(none);
                _ = Libc.SetDefaultSignals(attributes, all);
                _ = Libc.SetSignalMask(attributes, none);
                _ = Libc.SetFlags(attributes, SetDefaultSignals | SetMask | SetSession);
                _ = Libc.AddOpen(actions, 0, "/dev/null", 0, 0);
                _ = Libc.AddDuplicate(actions, request.Log, 1);
                _ = Libc.AddDuplicate(actions, request.Log, 2);
                _ = Libc.AddDuplicate(actions, request.Lock, LockHandle);
                _ = Libc.AddDirectory(actions, request.WorkingDirectory);
                var error = Libc.Spawn(out var process, request.Program, actions, attributes, arguments, variables);
                return error == 0 ? (process, 0) : (0, error);
            }
            finally
            {
                _ = Libc.DestroyAttributes(attributes);
                _ = Libc.DestroyActions(actions);
            }
        }
        finally
        {
            foreach (var pointer in arguments.Concat(variables)) Marshal.FreeCoTaskMem(pointer);
            Marshal.FreeHGlobal(memory);
        }
    }

    private static nint[] Pointers(ImmutableArray<string> texts)
    {
        var pointers = new nint[texts.Length + 1];
        for (var i = 0; i < texts.Length; i++) pointers[i] = Marshal.StringToCoTaskMemUTF8(texts[i]);
        return pointers;
    }
}
