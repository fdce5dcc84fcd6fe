namespace TrafficCtl.Core.Signals;

/// <summary>The statuses that client errors are counted by: a fixed list, so that no version can make it grow.</summary>
public static class ClientStatuses
{
    private static readonly int[] Listed = [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 421, 422, 426, 429];

    /// <summary>Slots: the listed statuses, and one for all others.</summary>
    public const int Count = 16;

    /// <summary>The slot of all statuses that are not listed.</summary>
    public const int Other = Count - 1;

    /// <summary>The slot of a status.</summary>
    /// <param name="status">400 to 499; anything else is one of the others.</param>
    public static int IndexOf(int status)
    {
        var at = Array.BinarySearch(Listed, status);
        return at < 0 ? Other : at;
    }

    /// <summary>The status of a slot; null of <see cref="Other"/>.</summary>
    public static int? StatusOf(int slot) => slot == Other ? null : Listed[slot];

    /// <summary>The HTTP status of a gRPC status that blames the caller, as google.rpc.Code maps it; 0 of all others.</summary>
    /// <param name="status">0 to 16; -1 for none.</param>
    public static int OfGrpc(int status) => status switch
    {
        3 or 9 or 11 => 400, // INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE
        5 => 404, // NOT_FOUND
        6 or 10 => 409, // ALREADY_EXISTS, ABORTED
        7 => 403, // PERMISSION_DENIED
        16 => 401, // UNAUTHENTICATED
        _ => 0,
    };

    /// <summary>As findings and metrics name it: <c>404</c>, or <c>4xx</c> for the others.</summary>
    public static string NameOf(int slot) =>
        slot == Other ? "4xx" : Listed[slot].ToString(System.Globalization.CultureInfo.InvariantCulture);
}
