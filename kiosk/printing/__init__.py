"""Tickets: drawn as a bitmap, sent as ESC/POS, and a simulated printer that turns them into PNG files."""

from kiosk.printing.escpos import PrinterFault, PrintResult, flow_fault, print_bitmap, query
from kiosk.printing.ticket import TicketContent, render

__all__ = ["PrintResult", "PrinterFault", "TicketContent", "flow_fault", "print_bitmap", "query", "render"]
