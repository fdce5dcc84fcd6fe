namespace TrafficCtl.Daemon.Access;

/// <summary>Whom a grant is for.</summary>
internal enum SubjectKind
{
    /// <summary>A bearer token, by its name.</summary>
    Token,

    /// <summary>A client certificate, by its SPIFFE id or its common name.</summary>
    Certificate,

    /// <summary>A user of the OIDC issuer.</summary>
    OidcUser,

    /// <summary>A group of the OIDC issuer.</summary>
    OidcGroup,

    /// <summary>A user of the Kubernetes cluster, service accounts included.</summary>
    KubernetesUser,

    /// <summary>A group of the Kubernetes cluster.</summary>
    KubernetesGroup,
}

/// <summary>One name under which grants may be declared for a caller.</summary>
internal readonly record struct GrantSubject(SubjectKind Kind, string Name)
{
    /// <summary>The longest name, in characters.</summary>
    public const int LongestName = 256;
}
