namespace OpcPortal.Billing;

/// <summary>An export cannot be made: why, in one line. That readings are not billing-grade is no exception, but its result.</summary>
public sealed class BillingExportException(string message, Exception? inner = null) : Exception(message, inner);
